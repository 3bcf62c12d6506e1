package dev.embark.spark.models;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.imports.ImportType;
import java.nio.file.Path;
import java.util.Map;

/** Converts model folders to GGUF files that a user keeps. */
public final class ModelImporting {
  private ModelImporting() {}

  /**
   * Converts a folder; needs no Spark session.
   *
   * @param model URI or path of the folder
   * @param type name of the type of the weights: F16, F32, BF16 or Q8_0
   * @param isReranker whether a decoder that does not say so is a reranker, as Qwen3-Reranker
   * @param target is created or replaced
   * @throws dev.embark.engine.rows.EmbarkException of kind MODEL if the folder cannot be fetched or
   *     converted
   */
  public static void importTo(String model, String type, boolean isReranker, Path target) {
    ModelAccess.NONE.importTo(
        EmbedOptions.of(Map.of(EmbedOption.MODEL.key(), model)),
        ExecutorModels.store(),
        ImportType.valueOf(type),
        isReranker,
        target);
  }
}
