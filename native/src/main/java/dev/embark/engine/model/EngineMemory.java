package dev.embark.engine.model;

import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.StreamLayout;
import java.nio.file.Path;

/** Memory that an engine with given options needs on a device. Stateless. */
public final class EngineMemory {
  private EngineMemory() {}

  /**
   * Returns the number of tokens per native batch.
   *
   * @param device index as in {@link ModelOptions}
   */
  public static int batchTokens(FunctionOptions options, int device) {
    return options.batchTokens().orElseGet(() -> BatchBudget.of(device));
  }

  /** Returns the number of tokens that the context of an engine holds. */
  public static int tokens(FunctionOptions options, int device) {
    if (options instanceof ClassifyOptions classify) {
      return classify.contextTokens();
    }
    return options instanceof GenerateOptions generate
        ? generate.contextTokens()
        : batchTokens(options, device);
  }

  /** Returns the bytes that an engine needs in addition to the model. */
  public static long bytes(FunctionOptions options, MemoryEstimate model, int device) {
    if (options instanceof ClassifyOptions classify) {
      return generationBytes(options, classify.sequences(), model, device);
    }
    return options instanceof GenerateOptions generate
        ? generationBytes(options, generate.sequences(), model, device)
        : model.contextBytes(tokens(options, device), device);
  }

  private static long generationBytes(
      FunctionOptions options, int sequences, MemoryEstimate model, int device) {
    return model.generationBytes(
        StreamLayout.rounded(tokens(options, device)),
        batchTokens(options, device),
        sequences,
        device);
  }

  /**
   * Places as many layers of a model on a GPU as fit into its free memory.
   *
   * @param model file; only its header is read
   * @throws EmbarkException of kind MODEL when the header cannot be read
   */
  public static ModelOptions onGpu(
      LlamaBackend.Device device, Path model, FunctionOptions options) {
    MemoryEstimate estimate = MemoryEstimate.of(model);
    long context = bytes(options, estimate, device.index());
    return ModelOptions.gpu(
        device.index(), GpuLayers.fitting(estimate, context, device.freeBytes()));
  }
}
