package dev.embark.engine.batch;

import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;

/**
 * Rule for which sequences may share a native batch. It anticipates how llama.cpp's batch allocator
 * splits an oversized batch, so that llama.cpp never has to split one.
 */
public enum Packing {
  /** Any sequences, within the budget. */
  SIMPLE {
    @Override
    boolean together(int length, int next) {
      return true;
    }
  },
  /** Sequences of equal length, as a cache with one stream per sequence requires. */
  EQUAL {
    @Override
    boolean together(int length, int next) {
      return length == next;
    }
  },
  /** One sequence per batch. */
  SEQUENCE {
    @Override
    boolean together(int length, int next) {
      return false;
    }
  };

  /**
   * Returns whether sequences of these lengths, in tokens, may share a batch; {@code next} is at
   * least {@code length}.
   */
  abstract boolean together(int length, int next);

  /**
   * Returns the packing that a model needs in a {@link LlamaContext}, on every device.
   *
   * <p>Attention covers the whole batch behind a mask, and the cache shared by all sequences of a
   * decoder accepts sequences of any length. With all tokens as outputs, llama.cpp 0.5.0 computes
   * recurrent layers one sequence at a time ({@code llama_memory_recurrent::init_batch}), so a
   * wider batch would use memory without gain.
   */
  public static Packing of(LlamaModel model) {
    return model.isRecurrent() ? SEQUENCE : SIMPLE;
  }
}
