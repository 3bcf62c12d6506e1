package dev.embark.llama;

import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Selects the tokens of one answer with a chain of llama.cpp samplers: top-k, top-p, min-p,
 * temperature and a random draw, or greedily; constrained by a grammar if there is one. Owns the
 * native chain. Not thread-safe.
 */
public final class Sampler implements AutoCloseable {
  /** The model's output contains NaN or infinity. */
  public static final int NOT_FINITE = -1;

  /** No token of the vocabulary satisfies the grammar. */
  public static final int NOTHING_FITS = -2;

  private Pointer handle;

  /**
   * Creates a sampler.
   *
   * @param seed seed of the random draw, at least 0
   * @throws EmbarkException of kind OPTION when the grammar cannot be parsed
   */
  public Sampler(LlamaModel model, GenerateOptions options, int seed) {
    Llama.embark_llama_clear_log();
    try (BytePointer grammar = new BytePointer(options.grammar(), StandardCharsets.UTF_8)) {
      handle =
          Llama.embark_sampler_new(
              model.handle(),
              options.temperature(),
              options.topK(),
              options.topP(),
              options.minP(),
              seed,
              grammar);
    } catch (RuntimeException e) {
      throw notParsed(e.getMessage());
    }
    if (handle == null) {
      throw notParsed(LlamaBackend.reason("llama.cpp wrote the reason to standard error"));
    }
    NativeHandles.opened();
  }

  private static EmbarkException notParsed(String reason) {
    return new EmbarkException(
        Kind.OPTION,
        "The generate option grammar cannot be parsed; it takes GBNF with a rule root: " + reason);
  }

  /**
   * Returns the random seed of a row. The seed depends on the prompt but not on its position,
   * differs between attempts, and never equals llama.cpp's LLAMA_DEFAULT_SEED, which requests a
   * random seed.
   *
   * @param prompt token ids
   */
  public static int seed(int seed, int[] prompt, int attempt) {
    long mixed = 1;
    for (int token : prompt) {
      mixed = 31 * mixed + token;
    }
    mixed = 31 * (31 * mixed + seed) + attempt;
    // The finaliser of SplitMix64 decorrelates neighbouring seeds.
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return (int) (mixed >>> 33);
  }

  /** Returns the native chain; valid until {@link #close()}. */
  Pointer handle() {
    if (handle == null) {
      throw new IllegalStateException("The sampler is closed.");
    }
    return handle;
  }

  @Override
  public void close() {
    if (handle != null) {
      Llama.embark_sampler_free(handle);
      handle = null;
      NativeHandles.closed();
    }
  }
}
