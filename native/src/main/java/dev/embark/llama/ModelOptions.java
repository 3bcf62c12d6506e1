package dev.embark.llama;

import dev.embark.engine.options.Acceleration;

/**
 * Placement of a model's weights.
 *
 * @param device index of a {@link LlamaBackend.Device}, or {@link #CPU}
 * @param gpuLayers number of layers on that device, or {@link #ALL_LAYERS}; the CPU computes the
 *     rest
 * @param acceleration requested acceleration on a CPU; {@link LlamaModel#acceleration()} is the
 *     effective one
 * @param keepsLayout whether llama.cpp keeps weights on a CPU in the layout of the file, so that a
 *     row's products do not depend on the number of rows
 */
public record ModelOptions(
    int device, int gpuLayers, Acceleration acceleration, boolean keepsLayout) {
  /** CPU only; no GPU is initialised. */
  public static final int CPU = -1;

  /** Every layer, including the input and output layers. */
  public static final int ALL_LAYERS = -1;

  /** Returns options for a CPU, accelerated where supported. */
  public static ModelOptions cpu() {
    return cpu(Acceleration.FAST);
  }

  /** Returns options for a CPU. */
  public static ModelOptions cpu(Acceleration acceleration) {
    return cpu(acceleration, false);
  }

  /** Returns options for a CPU. */
  public static ModelOptions cpu(Acceleration acceleration, boolean keepsLayout) {
    return new ModelOptions(CPU, 0, acceleration, keepsLayout);
  }

  /** Returns options for a GPU. */
  public static ModelOptions gpu(int device, int gpuLayers) {
    return new ModelOptions(device, gpuLayers, Acceleration.OFF, false);
  }
}
