package dev.embark.engine.model;

import dev.embark.llama.ModelOptions;

/**
 * Default number of tokens per native batch, chosen by measurement.
 *
 * <p>Attention is computed over the whole batch, so wide batches cost more per token, and narrow
 * ones pay the overhead of each call more often. The tables give tokens per CPU second of one
 * thread in F16, by batch size in tokens ({@code bench/budgets.sh}; figures and machine in {@code
 * bench/results}): first plain llama.cpp, then the accelerator in bfloat16.
 *
 * <pre>
 *  model               width  layers  text      128     256     512   1,024   2,048
 *  all-MiniLM-L6-v2      384       6    15    1,563   1,553   1,524   1,450   1,255
 *  all-MiniLM-L6-v2      384       6   250    1,496   1,507   1,448   1,369   1,078
 *  bge-small-en-v1.5     384      12    15      790     786     762     739     660
 *  bge-small-en-v1.5     384      12   250      753     760     730     676     545
 *  random weights      1,024       2    15      749     758     749     735     708
 *  random weights      1,024       2   250      740     745     739     723     691
 *
 *  all-MiniLM-L6-v2      384       6    15    8,594   8,742   7,808   7,066   6,204
 *  all-MiniLM-L6-v2      384       6   250    7,866   7,799   7,232   6,811   5,965
 * </pre>
 *
 * <p>The best size depends on neither width nor layers nor the accelerator: one size is within 1 %
 * of the optimum for all of them.
 */
final class BatchBudget {
  private static final int CPU = 256;
  // Not measured on a GPU, where a call costs more and attention less.
  private static final int GPU = 512;

  private BatchBudget() {}

  /** Returns the default for a device index of {@link ModelOptions}. */
  static int of(int device) {
    return device == ModelOptions.CPU ? CPU : GPU;
  }
}
