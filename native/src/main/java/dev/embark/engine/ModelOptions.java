package dev.embark.engine;

import java.nio.file.Path;

/**
 * Where a model's weights go.
 *
 * @param device index of a {@link LlamaBackend.Device}, or {@link #CPU}
 * @param gpuLayers layers that go there, or {@link #ALL_LAYERS}; the CPU computes the others
 */
public record ModelOptions(int device, int gpuLayers) {
  /** The CPU alone; no GPU is initialised. */
  public static final int CPU = -1;

  /** Every layer, and what is around them. */
  public static final int ALL_LAYERS = -1;

  /** Weights mapped into memory and computed on by the CPU. */
  public static ModelOptions cpu() {
    return new ModelOptions(CPU, 0);
  }

  /**
   * As many layers on a GPU as its free memory has room for.
   *
   * @param model its header is read
   * @throws EmbeddingException of kind MODEL when the header cannot be read
   */
  public static ModelOptions gpu(LlamaBackend.Device device, Path model, EmbedOptions options) {
    int tokens = EmbeddingEngine.batchTokens(options);
    return new ModelOptions(
        device.index(), GpuLayers.fitting(MemoryEstimate.of(model), tokens, device.freeBytes()));
  }

  /** Whether a GPU computes, all or some of it. */
  public boolean onGpu() {
    return device != CPU && gpuLayers != 0;
  }
}
