package dev.embark.engine.model;

import dev.embark.llama.ModelOptions;

/** How many layers of a model fit on a GPU. Pure arithmetic. */
final class GpuLayers {
  // The driver's own, and what the computation asks for on top of what the context reserves.
  private static final long HEADROOM = 512L << 20;

  private GpuLayers() {}

  /**
   * All of them where there is room, else as many as the free memory has room for beside the
   * context; those left over are computed by the CPU.
   *
   * @param contextBytes what it takes
   * @param freeBytes of the device
   */
  static int fitting(MemoryEstimate model, long contextBytes, long freeBytes) {
    long room = freeBytes - HEADROOM - contextBytes;
    if (room >= model.modelBytes()) {
      return ModelOptions.ALL_LAYERS;
    }
    int parts = model.layers() + 1; // the layers, and what is around them
    return (int) Math.max(0, Math.min(model.layers(), room * parts / model.modelBytes()));
  }
}
