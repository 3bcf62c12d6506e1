package dev.embark.spark.models;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.store.cache.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;

/**
 * Checks the model of a call while the query is analysed, as far as the header of a local file
 * shows: that the file exists, is a complete GGUF file, and has the number of dimensions that is
 * asked for.
 *
 * <p>Models of other places are checked when the query runs, since analysis must not download
 * anything. So is a model that is given with its hash: a later wave of a job computes with the copy
 * of that hash, whatever the file has become. On a cluster, so is a path that does not exist on the
 * driver, because the executors may have it. Used on the driver; safe for any thread.
 */
public final class HeaderCheck {
  private static final int MOST_REMEMBERED = 64;

  // A notebook analyses the same call again and again, and a vocabulary takes milliseconds to read.
  private static final Map<String, OptionalInt> DIMENSIONS =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, OptionalInt> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  private HeaderCheck() {}

  /**
   * Checks the model of a call.
   *
   * @throws EmbarkException of kind MODEL if the file does not exist or is not a complete GGUF
   *     file, of kind OPTION if it has fewer dimensions than the options ask for
   */
  public static void check(FunctionOptions options) {
    OptionalInt asked =
        options instanceof EmbedOptions embed ? embed.dimensions() : OptionalInt.empty();
    OptionalInt available;
    if (options.modelSha256().isPresent()) {
      return;
    }
    if (options.model().startsWith("classpath:")) {
      // A model in a jar exists and is complete; its header needs the copy that a task makes, too.
      available = asked.isPresent() ? ofCopy(options) : OptionalInt.empty();
    } else {
      available = local(options).map(HeaderCheck::dimensions).orElseGet(OptionalInt::empty);
    }
    if (asked.isPresent() && available.isPresent() && asked.getAsInt() > available.getAsInt()) {
      throw EmbeddingEngine.tooManyDimensions(asked.getAsInt(), available.getAsInt());
    }
  }

  private static OptionalInt ofCopy(FunctionOptions options) {
    try (StoredModel copy = ModelAccess.NONE.open(options, ExecutorModels.store())) {
      return dimensions(copy.path());
    } catch (EmbarkException e) {
      return OptionalInt.empty(); // the task that needs the copy reports the failure
    }
  }

  private static Optional<Path> local(FunctionOptions options) {
    try {
      return ModelAccess.NONE.local(options);
    } catch (EmbarkException e) {
      if (driverIsExecutor()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private static boolean driverIsExecutor() {
    return SparkEnv.get() != null && ExecutorModels.isAlone(SparkEnv.get().conf());
  }

  private static OptionalInt dimensions(Path file) {
    String version = file.toAbsolutePath() + "\n" + stamp(file);
    synchronized (DIMENSIONS) {
      OptionalInt known = DIMENSIONS.get(version);
      if (known != null) {
        return known;
      }
    }
    OptionalInt dimensions = dimensions(ModelLoader.checkedHeader(file));
    synchronized (DIMENSIONS) {
      DIMENSIONS.put(version, dimensions);
    }
    return dimensions;
  }

  private static String stamp(Path file) {
    try {
      return Files.size(file) + "\n" + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return ""; // reading the header reports it
    }
  }

  /** The length of a vector: that of the hidden state, or of a dense layer behind it. */
  private static OptionalInt dimensions(GgufHeader header) {
    String architecture =
        header.get("general.architecture").map(value -> String.valueOf(value.value())).orElse("");
    return Stream.of(
            "embedding_length", "embedding_length_out", "dense_2_feat_out", "dense_3_feat_out")
        .flatMap(key -> header.get(architecture + "." + key).stream())
        .map(GgufValue::value)
        .filter(Long.class::isInstance)
        .mapToInt(value -> Math.toIntExact((Long) value))
        .max();
  }
}
