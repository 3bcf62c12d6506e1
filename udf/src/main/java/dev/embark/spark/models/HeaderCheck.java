package dev.embark.spark.models;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.prompts.ModelPrompts;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.store.cache.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;

/**
 * Checks the model of a call while the query is analysed, as far as the header of a local file
 * shows: that the file exists, is a complete GGUF file, and has the number of dimensions and the
 * prompt that are asked for.
 *
 * <p>Models of other places are checked when the query runs, since analysis must not download
 * anything. So is a model that is given with its hash: a later wave of a job computes with the copy
 * of that hash, whatever the file has become. On a cluster, so is a path that does not exist on the
 * driver, because the executors may have it. Used on the driver; safe for any thread.
 */
public final class HeaderCheck {
  private static final int MOST_REMEMBERED = 64;

  // A notebook analyses the same call again and again, and a vocabulary takes milliseconds to read.
  private static final Map<String, Facts> FACTS =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Facts> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  private HeaderCheck() {}

  /**
   * What a header says of a model.
   *
   * @param dimensions length of a vector; empty if the header does not say it
   * @param texts the metadata that prompts depend on
   */
  record Facts(OptionalInt dimensions, Map<String, String> texts) {
    Optional<String> text(String key) {
      return Optional.ofNullable(texts.get(key));
    }
  }

  /**
   * Checks the model of a call.
   *
   * @throws EmbarkException of kind MODEL if the file does not exist or is not a complete GGUF
   *     file, of kind OPTION if it has fewer dimensions than the options ask for, or no known
   *     prompt for their role
   */
  public static void check(FunctionOptions options) {
    if (options.modelSha256().isPresent()) {
      return;
    }
    boolean asks =
        options instanceof EmbedOptions embed
            && (embed.dimensions().isPresent() || embed.role().isPresent());
    Optional<Facts> found;
    if (options.model().startsWith("classpath:")) {
      // A model in a jar exists and is complete; its header needs the copy that a task makes, too.
      found = asks ? ofCopy(options, ModelAccess.NONE) : Optional.empty();
    } else {
      found = local(options).map(HeaderCheck::facts);
    }
    if (asks && found.isPresent()) {
      check((EmbedOptions) options, found.get());
    }
  }

  private static void check(EmbedOptions options, Facts facts) {
    OptionalInt asked = options.dimensions();
    OptionalInt available = facts.dimensions();
    if (asked.isPresent() && available.isPresent() && asked.getAsInt() > available.getAsInt()) {
      throw EmbeddingEngine.tooManyDimensions(asked.getAsInt(), available.getAsInt());
    }
    ModelPrompts.prefix(options, facts::text);
  }

  /**
   * The header of a call's model, as far as the driver can read it without fetching what no task
   * would fetch to this machine: a local file or, where the driver is the executor, any model.
   * Empty for the default model, too, which has no prompts.
   */
  static Optional<Facts> reachable(FunctionOptions options, ModelAccess access) {
    if (options.model().equals(EmbedOption.MODEL.defaultValue())) {
      return Optional.empty();
    }
    try {
      Optional<Path> file = ModelAccess.NONE.local(options);
      return file.isPresent()
          ? file.map(HeaderCheck::facts)
          : driverIsExecutor() ? ofCopy(options, access) : Optional.empty();
    } catch (EmbarkException e) {
      return Optional.empty(); // the tasks report the failure, if there is one
    }
  }

  private static Optional<Facts> ofCopy(FunctionOptions options, ModelAccess access) {
    try (StoredModel copy = access.open(options, ExecutorModels.store())) {
      return Optional.of(facts(copy.path()));
    } catch (EmbarkException e) {
      return Optional.empty(); // the task that needs the copy reports the failure
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

  private static Facts facts(Path file) {
    String version = file.toAbsolutePath() + "\n" + stamp(file);
    synchronized (FACTS) {
      Facts known = FACTS.get(version);
      if (known != null) {
        return known;
      }
    }
    GgufHeader header = ModelLoader.checkedHeader(file);
    Map<String, String> texts = new HashMap<>();
    for (String key : ModelPrompts.KEYS) {
      ModelFile.text(header, key).ifPresent(text -> texts.put(key, text));
    }
    Facts facts = new Facts(dimensions(header), Map.copyOf(texts));
    synchronized (FACTS) {
      FACTS.put(version, facts);
    }
    return facts;
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
