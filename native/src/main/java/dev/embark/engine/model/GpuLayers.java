package dev.embark.engine.model;

import dev.embark.llama.ModelOptions;

/** Computes how many layers of a model fit on a GPU. Stateless. */
final class GpuLayers {
  // For the driver, and for what a computation allocates beyond the reservation of its context.
  private static final long HEADROOM = 512L << 20;

  private GpuLayers() {}

  /**
   * Returns {@link ModelOptions#ALL_LAYERS} if the whole model fits, otherwise the number of layers
   * that fit next to the context; the CPU computes the rest.
   *
   * @param contextBytes memory of the context
   * @param freeBytes free memory of the device
   */
  static int fitting(MemoryEstimate model, long contextBytes, long freeBytes) {
    long room = freeBytes - HEADROOM - contextBytes;
    if (room >= model.modelBytes()) {
      return ModelOptions.ALL_LAYERS;
    }
    int parts = model.layers() + 1; // all layers, plus the input and output layers as one part
    return (int) Math.max(0, Math.min(model.layers(), room * parts / model.modelBytes()));
  }
}
