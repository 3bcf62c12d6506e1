package dev.embark.job.state;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
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

/**
 * Calls a function of Spark SQL: the job's only way to a vector or an answer.
 *
 * @param function that is called
 * @param given options of the call, those of the session's conf not among them
 */
public record FunctionCall(JobFunction function, Map<String, String> given) {
  public static FunctionCall of(JobSpec spec) {
    FunctionCall call = new FunctionCall(spec.function(), spec.functionOptions());
    call.given().entrySet().stream()
        .filter(option -> option.getKey().equalsIgnoreCase(EmbedOption.MODEL.key()))
        .forEach(model -> CallIdentity.allowModel(model.getValue()));
    return call;
  }

  /**
   * Returns the call with the hash of a fingerprint's model, so that all waves of a run compute
   * with that content, whatever becomes of the file that the model was named by.
   */
  public FunctionCall pinned(SparkSession spark, Fingerprint fingerprint) {
    if (options(spark).modelSha256().isPresent()) {
      return this;
    }
    Map<String, String> pinned = new TreeMap<>(given);
    pinned.put(EmbedOption.MODEL_SHA256.key(), fingerprint.modelSha256());
    return new FunctionCall(function, pinned);
  }

  /** Returns the vector or the answer of a text, lazily. */
  public Column result(Column text) {
    return switch (function) {
      case EMBED -> Embark.embed(text, given);
      case GENERATE -> Embark.generate(text, given);
    };
  }

  /** Returns the result with what became of the text, as a struct that the others below read. */
  public Column detail(Column text) {
    return switch (function) {
      case EMBED -> Embark.embedDetail(text, given);
      case GENERATE -> Embark.generateDetail(text, given);
    };
  }

  /** Returns the result in a {@link #detail}; NULL for a text that failed. */
  public Column result(String detail) {
    return Columns.field(detail, function == JobFunction.EMBED ? "embedding" : "text");
  }

  /** Returns the tokens of a text, or of its answer. */
  public Column tokens(String detail) {
    return Columns.field(detail, "tokens");
  }

  /** Returns whether a text or its answer lost its tail. */
  public Column truncated(String detail) {
    return function == JobFunction.EMBED
        ? Columns.field(detail, "truncated")
        : Columns.field(detail, "finish").equalTo("length");
  }

  /** Returns why a text failed, as {@code [KIND] message}; NULL if it did not. */
  public Column error(String detail) {
    return Columns.field(detail, "error");
  }

  /**
   * Returns the options that the call has, those of the session's conf included.
   *
   * @throws UserError if no model is named and the function has none of its own
   */
  public FunctionOptions options(SparkSession spark) {
    FunctionOptions options =
        switch (function) {
          case EMBED -> CallIdentity.options(spark, given);
          case GENERATE -> CallIdentity.generateOptions(spark, given);
        };
    if (options.model().isEmpty()) {
      throw new UserError("--function " + function + " has no model of its own; give --model");
    }
    return options;
  }

  /**
   * Checks that the model can do what its options ask for, which else each task finds out, after
   * the input was copied. Loads the model only if one of them depends on it.
   *
   * @throws UserError if it cannot
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
      // Executors may be able to load it: a driver may be another kind of machine.
    }
  }

  /**
   * Returns options for Spark's writer of Parquet, which else begins every file by looking each
   * float up in a hash, finds that few come again, and writes that part once more.
   *
   * @param vectors the column that {@link #result} is in, with dots before nested ones
   */
  public Map<String, String> parquetOptions(SparkSession spark, String vectors) {
    return options(spark) instanceof EmbedOptions options && options.output() == VectorType.FLOAT
        ? Map.of("parquet.enable.dictionary#" + vectors + ".list.element", "false")
        : Map.of();
  }

  /** Returns the tokens beyond which a text is cut into windows, if texts are. */
  public OptionalInt window(SparkSession spark) {
    return options(spark) instanceof EmbedOptions options && options.longText() == LongText.CHUNK
        ? OptionalInt.of(mostTokens(spark, options))
        : OptionalInt.empty();
  }

  /** Returns how many tokens of a text, or of a window of it, the model looks at. */
  public static int mostTokens(SparkSession spark, EmbedOptions options) {
    return options.maxTokens().orElseGet(() -> ModelDescriber.describe(spark, options).context());
  }
}
