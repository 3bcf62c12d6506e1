package dev.embark.engine.batch;

import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;

/**
 * Which sequences may share a native batch; the ways in which llama.cpp's batch allocator cuts a
 * batch that is too large, done beforehand so that it never has to cut one.
 */
public enum Packing {
  /** Any; as many as the budget has room for. */
  SIMPLE {
    @Override
    boolean together(int length, int next) {
      return true;
    }
  },
  /** Those of one length: what a cache that keeps a stream of its own for each sequence takes. */
  EQUAL {
    @Override
    boolean together(int length, int next) {
      return length == next;
    }
  },
  /** None: each sequence goes alone. */
  SEQUENCE {
    @Override
    boolean together(int length, int next) {
      return false;
    }
  };

  /**
   * Whether sequences of these lengths, in tokens, may be in one batch; {@code next} is not the
   * shorter one.
   */
  abstract boolean together(int length, int next);

  /**
   * The way that a model needs on the contexts of {@link LlamaContext}, on every device.
   *
   * <p>Attention sees the whole batch behind a mask, and the one cache that all sequences of a
   * decoder share takes them as they come. Where all tokens are outputs, llama.cpp 0.5.0 computes
   * recurrent layers a sequence at a time ({@code llama_memory_recurrent::init_batch}), so a wider
   * batch would hold memory and gain nothing.
   */
  public static Packing of(LlamaModel model) {
    return model.isRecurrent() ? SEQUENCE : SIMPLE;
  }
}
