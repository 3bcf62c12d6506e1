package dev.embark.spark.models;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelDescription;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.prompts.ModelPrompts;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.store.cache.StoredModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Describes a model, tries it and checks options against it, by loading it in this process. */
public final class ModelDescriber {
  private ModelDescriber() {}

  /**
   * Fetches and loads the model of the options and reads its whole file; needs no Spark session.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL if the model cannot be fetched or
   *     llama.cpp does not support it, of kind BACKEND if this machine cannot run llama.cpp
   */
  public static ModelDescription describe(FunctionOptions options) {
    return describe(options, ModelAccess.NONE);
  }

  /** Describes a model with the session's settings to reach it. */
  public static ModelDescription describe(SparkSession session, FunctionOptions options) {
    return describe(options, ModelAccess.ofSession(session.sparkContext(), options.model()));
  }

  /**
   * Checks that options fit their model, as every task does at its start.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION if an option does not fit, and as
   *     {@link #describe(FunctionOptions)}
   */
  public static void checkFit(SparkSession session, EmbedOptions options) {
    ask(
        options,
        Acceleration.OFF,
        ModelAccess.ofSession(session.sparkContext(), options.model()),
        model -> {
          EmbeddingEngine.checkFit(model, options);
          return null;
        });
  }

  /**
   * Checks that this process can open the model; reads no more of its file than loading does.
   *
   * @throws dev.embark.engine.rows.EmbarkException as {@link #describe(FunctionOptions)}
   */
  public static void checkOpens(SparkSession session, FunctionOptions options) {
    ask(
        options,
        Acceleration.OFF,
        ModelAccess.ofSession(session.sparkContext(), options.model()),
        model -> null);
  }

  /**
   * Returns the size of the model file in bytes; fetches the model, but does not load it.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL if the model cannot be fetched
   */
  public static long bytes(SparkSession session, FunctionOptions options) {
    ModelAccess access = ModelAccess.ofSession(session.sparkContext(), options.model());
    try (StoredModel file = access.open(options, ExecutorModels.store())) {
      return file.path().toFile().length();
    }
  }

  /**
   * Fetches the model of the options to one executor, which shows a cache directory there that
   * cannot be used. On a cluster this is a job of one task, whose failure is Spark's.
   *
   * @throws EmbarkException of kind MODEL if the driver cannot fetch it
   */
  public static void fetchToExecutor(SparkSession session, FunctionOptions options) {
    ModelAccess access = ModelAccess.ofSession(session.sparkContext(), options.model());
    FunctionOptions pinned = access.pinned(options, ExecutorModels.store());
    ModelAccess served = access.serving(pinned, ExecutorModels.store());
    JavaSparkContext.fromSparkContext(session.sparkContext())
        .parallelize(List.of(0), 1)
        .foreach(task -> served.open(pinned, ExecutorModels.store()).close());
  }

  /** A model and what it costs here. */
  public record Inspection(ModelDescription model, ModelTrial trial) {}

  /**
   * Fetches, loads and describes the model of the options, and embeds with it for about a second,
   * scores pairs if it is a reranker, or answers if it is a decoder without pooling; needs no Spark
   * session.
   *
   * @throws dev.embark.engine.rows.EmbarkException as {@link #describe(FunctionOptions)}
   */
  public static Inspection inspect(EmbedOptions options) {
    return ask(
        options,
        options.acceleration(),
        ModelAccess.NONE,
        model -> {
          ModelDescription description = ModelFile.describe(model);
          return new Inspection(description, trial(description, model, options));
        });
  }

  private static ModelTrial trial(
      ModelDescription description, LlamaModel model, EmbedOptions options) {
    Map<String, String> named = Map.of(EmbedOption.MODEL.key(), options.model());
    if (description.isReranker()) {
      return ModelTrial.of(model, RerankOptions.of(named));
    }
    return description.generates()
        ? ModelTrial.of(model, GenerateOptions.of(named))
        : ModelTrial.of(model, options);
  }

  /**
   * The text that a role puts before each text of a model, if nothing else does; empty if there is
   * none. Fetches the model, but does not load it.
   *
   * @param options without a prefix; their role, or documents if they have none
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL if the model cannot be fetched, of
   *     kind OPTION if the options have a role and no prompt of the model is known
   */
  public static Optional<String> prompt(SparkSession session, EmbedOptions options) {
    return read(
        session,
        options,
        metadata ->
            options.role().isPresent()
                ? Optional.of(ModelPrompts.prefix(options, metadata))
                : ModelPrompts.missing(options, metadata).map(ModelPrompts::document));
  }

  /**
   * The text that precedes each text of a model if a call has neither a prefix nor a role; empty
   * for none. Fetches the model, but does not load it.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL if the model cannot be fetched
   */
  public static String ownPrefix(SparkSession session, EmbedOptions options) {
    return read(session, options, metadata -> metadata.apply(ModelPrompts.PREFIX_KEY).orElse(""));
  }

  private static <T> T read(
      SparkSession session,
      FunctionOptions options,
      Function<Function<String, Optional<String>>, T> question) {
    ModelAccess access = ModelAccess.ofSession(session.sparkContext(), options.model());
    try (StoredModel file = access.open(options, ExecutorModels.store())) {
      GgufHeader header = ModelLoader.checkedHeader(file.path());
      return question.apply(key -> ModelFile.text(header, key));
    }
  }

  private static ModelDescription describe(FunctionOptions options, ModelAccess access) {
    return ask(options, Acceleration.OFF, access, ModelFile::describe);
  }

  private static <T> T ask(
      FunctionOptions options,
      Acceleration acceleration,
      ModelAccess access,
      Function<LlamaModel, T> question) {
    try (StoredModel file = access.open(options, ExecutorModels.store())) {
      try (LlamaModel model = ModelLoader.load(file.path(), ModelOptions.cpu(acceleration))) {
        return question.apply(model);
      } catch (EmbarkException e) {
        throw ModelErrors.named(e, file, options.model());
      }
    }
  }
}
