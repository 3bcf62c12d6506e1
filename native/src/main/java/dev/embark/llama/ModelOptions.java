package dev.embark.llama;

import dev.embark.engine.options.Acceleration;

/**
 * Where a model's weights go.
 *
 * @param device index of a {@link LlamaBackend.Device}, or {@link #CPU}
 * @param gpuLayers layers that go there, or {@link #ALL_LAYERS}; the CPU computes the others
 * @param acceleration what computes it on a CPU, where machine and model suit; see {@link
 *     LlamaModel#acceleration()}
 */
public record ModelOptions(int device, int gpuLayers, Acceleration acceleration) {
  /** The CPU alone; no GPU is initialised. */
  public static final int CPU = -1;

  /** Every layer, and what is around them. */
  public static final int ALL_LAYERS = -1;

  /** On the CPU, accelerated where that can be. */
  public static ModelOptions cpu() {
    return cpu(Acceleration.FAST);
  }

  /** On the CPU. */
  public static ModelOptions cpu(Acceleration acceleration) {
    return new ModelOptions(CPU, 0, acceleration);
  }

  /** On a GPU. */
  public static ModelOptions gpu(int device, int gpuLayers) {
    return new ModelOptions(device, gpuLayers, Acceleration.OFF);
  }
}
