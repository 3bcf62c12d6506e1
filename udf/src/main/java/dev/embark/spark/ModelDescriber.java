package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.LlamaModel;
import dev.embark.engine.ModelDescription;
import dev.embark.engine.ModelOptions;
import java.nio.file.Path;

/** Says what a model is, in this process; needs no Spark session. */
public final class ModelDescriber {
  private ModelDescriber() {}

  /**
   * Gets the model of some options onto this machine, loads it and reads all of its file.
   *
   * @throws dev.embark.engine.EmbeddingException of kind MODEL when it cannot be had or is none
   *     that llama.cpp takes, of kind BACKEND when this machine cannot run llama.cpp
   */
  public static ModelDescription describe(EmbedOptions options) {
    Path file = ModelStore.fetch(options.model(), options.modelSha256());
    try (LlamaModel model = LlamaModel.load(file, ModelOptions.cpu())) {
      return model.describe();
    }
  }
}
