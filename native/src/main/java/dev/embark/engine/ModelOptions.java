package dev.embark.engine;

/**
 * Where a model's weights go.
 *
 * @param device index of a {@link LlamaBackend.Device}, or {@link #CPU}
 */
public record ModelOptions(int device) {
  /** The CPU alone; no GPU is initialised. */
  public static final int CPU = -1;

  /** Weights mapped into memory and computed on by the CPU. */
  public static ModelOptions cpu() {
    return new ModelOptions(CPU);
  }
}
