package dev.embark.job.state;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.LongText;
import dev.embark.engine.options.VectorType;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.spark.Embark;
import dev.embark.spark.models.CallIdentity;
import dev.embark.spark.models.ModelDescriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * A call of the Spark SQL function that computes a job's results.
 *
 * @param function the function to call
 * @param given options of the call, excluding those of the session's conf
 * @param ofChunks whether each text has a vector for each of its chunks
 */
public record FunctionCall(JobFunction function, Map<String, String> given, boolean ofChunks) {
  public static FunctionCall of(JobSpec spec) {
    FunctionCall call =
        new FunctionCall(spec.function(), spec.functionOptions(), spec.explodesChunks());
    call.given().entrySet().stream()
        .filter(option -> option.getKey().equalsIgnoreCase(EmbedOption.MODEL.key()))
        .forEach(model -> CallIdentity.allowModel(model.getValue()));
    return call;
  }

  /**
   * Returns the call with the model's hash fixed, so that all waves of a run use the same model
   * content even if the file at the model's path changes.
   */
  public FunctionCall pinned(SparkSession spark, Fingerprint fingerprint) {
    if (options(spark).modelSha256().isPresent()) {
      return this;
    }
    Map<String, String> pinned = new TreeMap<>(given);
    pinned.put(EmbedOption.MODEL_SHA256.key(), fingerprint.modelSha256());
    return with(pinned);
  }

  /** Returns the same call with other options. */
  FunctionCall with(Map<String, String> options) {
    return new FunctionCall(function, options, ofChunks);
  }

  /** Returns the vector or answer for a text, of its first chunk if there are chunks, lazily. */
  public Column result(Column text) {
    return switch (function) {
      case EMBED ->
          ofChunks
              ? Embark.embedChunks(text, given).getItem(0).getField("embedding")
              : Embark.embed(text, given);
      case GENERATE -> Embark.generate(text, given);
    };
  }

  /**
   * Returns a struct with the result and its metadata, lazily. The accessors below read its fields.
   */
  public Column detail(Column text) {
    return switch (function) {
      case EMBED ->
          ofChunks ? Embark.embedChunksDetail(text, given) : Embark.embedDetail(text, given);
      case GENERATE -> Embark.generateDetail(text, given);
    };
  }

  /**
   * Returns the result field of a {@link #detail} column, the array of chunks if there are any;
   * NULL for a text that failed.
   */
  public Column result(String detail) {
    if (ofChunks) {
      return Columns.field(detail, "chunks");
    }
    boolean isTyped =
        options(SparkSession.active()) instanceof GenerateOptions options
            && !options.schema().isEmpty();
    return Columns.field(
        detail, function == JobFunction.EMBED ? "embedding" : isTyped ? "answer" : "text");
  }

  /**
   * Returns whether a text was computed in several parts.
   *
   * @param window as of {@link #window}
   */
  public Column chunked(String detail, OptionalInt window) {
    if (ofChunks) {
      return functions.size(result(detail)).gt(1);
    }
    return window.isPresent() ? tokens(detail).gt(window.getAsInt()) : functions.lit(false);
  }

  /**
   * Returns the number of tokens that the model would read of a text; of chunks, up to a few
   * special tokens, since windows of as many tokens are counted instead.
   */
  public Column countedTokens(Column text) {
    if (function != JobFunction.EMBED) {
      return functions.lit(0);
    }
    if (!ofChunks) {
      return Embark.embedTokens(text, given);
    }
    Map<String, String> windows = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    windows.putAll(given);
    String chunkTokens = windows.remove(EmbedOption.CHUNK_TOKENS.key());
    windows.remove(EmbedOption.CHUNK_BOUNDARY.key());
    windows.remove(EmbedOption.CHUNK_LOCALE.key());
    windows.put(EmbedOption.LONG_TEXT.key(), LongText.CHUNK.toString());
    if (chunkTokens != null) {
      windows.put(EmbedOption.MAX_TOKENS.key(), chunkTokens);
    }
    return Embark.embedTokens(text, windows);
  }

  /** Returns the token count of a text or of its answer. */
  public Column tokens(String detail) {
    return Columns.field(detail, "tokens");
  }

  /** Returns whether a text or its answer was truncated. */
  public Column truncated(String detail) {
    if (ofChunks) {
      return functions.lit(false);
    }
    return function == JobFunction.EMBED
        ? Columns.field(detail, "truncated")
        : Columns.field(detail, "finish").equalTo("length").and(error(detail).isNull());
  }

  /** Returns the error of a text as {@code [KIND] message}; NULL on success. */
  public Column error(String detail) {
    return Columns.field(detail, "error");
  }

  /**
   * Returns the effective options of the call, including those of the session's conf.
   *
   * @throws UserError if no model is given and the function has no built-in one
   */
  public FunctionOptions options(SparkSession spark) {
    FunctionOptions options =
        switch (function) {
          case EMBED ->
              ofChunks
                  ? CallIdentity.chunkOptions(spark, given)
                  : CallIdentity.options(spark, given);
          case GENERATE -> CallIdentity.generateOptions(spark, given);
        };
    if (options.model().isEmpty()) {
      throw new UserError("--function " + function + " has no model of its own; give --model");
    }
    return options;
  }

  /**
   * Checks that the model supports the requested options, which tasks would otherwise detect only
   * after the input was copied. Loads the model only if one of the options depends on it.
   *
   * @throws UserError if the model does not support an option
   */
  public void checkFit(SparkSession spark) {
    if (!(options(spark) instanceof EmbedOptions options)) {
      return;
    }
    List<String> asking = new ArrayList<>();
    options.dimensions().ifPresent(n -> asking.add("--dimensions"));
    options.maxTokens().ifPresent(n -> asking.add("--max-tokens"));
    if (options.longText() == LongText.CHUNK) {
      asking.add("--option chunkOverlap");
      options.prefix().filter(p -> !p.isEmpty()).ifPresent(p -> asking.add("--prefix"));
    }
    if (options instanceof ChunkOptions chunks) {
      chunks.chunkTokens().ifPresent(n -> asking.add("--option chunkTokens"));
      if (chunks.chunkOverlap() > 0) {
        asking.add("--option chunkOverlap");
      }
    }
    if (asking.isEmpty()) {
      return;
    }
    try {
      ModelDescriber.checkFit(spark, options);
    } catch (EmbarkException e) {
      if (e.kind() == EmbarkException.Kind.OPTION) {
        String found = e.getMessage().replaceFirst("\\.$", "");
        throw new UserError(found + "; change " + String.join(" or ", asking), e);
      }
      // Executors may be able to load a model that fails on the driver, because their machines
      // differ.
    }
  }

  /**
   * Checks that an executor can open the model, which needs its cache directory and, for
   * embeddings, the native libraries there. On a cluster this is a small job.
   *
   * @throws EmbarkException if the model cannot be opened
   */
  public void checkExecutor(SparkSession spark) {
    if (spark.sparkContext().isLocal()) {
      // The driver is the executor, and its rows would count in the run's progress.
      ModelDescriber.checkOpens(spark, options(spark));
    } else if (function == JobFunction.EMBED) {
      spark
          .range(0, 1, 1, 1)
          .select(countedTokens(functions.lit("warm up")))
          .write()
          .format("noop")
          .mode("overwrite")
          .save();
    } else {
      ModelDescriber.fetchToExecutor(spark, options(spark));
    }
  }

  /** Returns the path of the vectors in a {@link #detail} column of Parquet files. */
  public String vectors(String detail) {
    return detail + (ofChunks ? ".chunks.list.element.embedding" : ".embedding");
  }

  /**
   * Returns Parquet writer options that disable dictionary encoding of vectors. With it, the writer
   * hashes every float of a file's first part, finds few repeats and writes that part again.
   *
   * @param vectors the column of the {@link #result}, with dots before nested fields
   */
  public Map<String, String> parquetOptions(SparkSession spark, String vectors) {
    return options(spark) instanceof EmbedOptions options && options.output() == VectorType.FLOAT
        ? Map.of("parquet.enable.dictionary#" + vectors + ".list.element", "false")
        : Map.of();
  }

  /** Returns the size of the model file in bytes; 0 if the driver cannot fetch it. */
  public long modelBytes(SparkSession spark) {
    try {
      return ModelDescriber.bytes(spark, options(spark));
    } catch (EmbarkException e) {
      return 0; // executors may be able to fetch a model that the driver cannot
    }
  }

  /** Returns the window size in tokens, or empty if long texts are not split into windows. */
  public OptionalInt window(SparkSession spark) {
    return options(spark) instanceof EmbedOptions options && options.longText() == LongText.CHUNK
        ? OptionalInt.of(mostTokens(spark, options))
        : OptionalInt.empty();
  }

  /** Returns the maximum number of tokens that the model reads of a text or of one window. */
  public static int mostTokens(SparkSession spark, EmbedOptions options) {
    return options.maxTokens().orElseGet(() -> ModelDescriber.describe(spark, options).context());
  }
}
