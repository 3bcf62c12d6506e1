package dev.embark.spark.models;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelDescription;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.store.cache.StoredModel;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;

/** Says what a model is and whether options fit it, in this process. */
public final class ModelDescriber {
  private ModelDescriber() {}

  /**
   * Gets the model of some options onto this machine, loads it and reads all of its file; needs no
   * Spark session.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL when it cannot be had or is none
   *     that llama.cpp takes, of kind BACKEND when this machine cannot run llama.cpp
   */
  public static ModelDescription describe(FunctionOptions options) {
    return describe(options, ModelAccess.NONE);
  }

  /** The same, with what a session has set to reach its models. */
  public static ModelDescription describe(SparkSession session, FunctionOptions options) {
    return describe(options, ModelAccess.ofSession(session.sparkContext(), options.model()));
  }

  /**
   * Checks that options fit their model, as every task does when it begins.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION when one does not, and as {@link
   *     #describe(FunctionOptions)}
   */
  public static void checkFit(SparkSession session, EmbedOptions options) {
    ask(
        options,
        ModelAccess.ofSession(session.sparkContext(), options.model()),
        model -> {
          EmbeddingEngine.checkFit(model, options);
          return null;
        });
  }

  private static ModelDescription describe(FunctionOptions options, ModelAccess access) {
    return ask(options, access, ModelFile::describe);
  }

  private static <T> T ask(
      FunctionOptions options, ModelAccess access, Function<LlamaModel, T> question) {
    try (StoredModel file = access.open(options, ExecutorModels.store())) {
      try (LlamaModel model = ModelLoader.load(file.path(), ModelOptions.cpu(Acceleration.OFF))) {
        return question.apply(model);
      } catch (EmbarkException e) {
        throw ModelErrors.named(e, file, options.model());
      }
    }
  }
}
