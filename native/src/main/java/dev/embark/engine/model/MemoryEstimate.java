package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * What a model and each of its contexts will take, read off the file's header before anything is
 * loaded.
 *
 * <p>A context of n tokens has 4·n·(vocabulary + d) bytes of outputs, which llama.cpp reserves for
 * embedding models, too; 4·n·(ffn + 4·d) of activations; 2·n² of attention mask; and for models
 * that attend to what they have seen 2·2·n·layers·d_kv of keys and values, 4·n·vocabulary of logits
 * and, on a CPU, 6·n²·heads of attention scores. For MiniLM that is within a tenth of what the
 * process grew by with 256 to 8,192 tokens.
 *
 * @param modelBytes the mapped file
 * @param layers of the model
 * @param vocabulary number of tokens
 * @param dimensions of the hidden state
 * @param feedForward width of the widest layer
 * @param heads of the attention
 * @param cacheWidth d_kv of the attention's cache, its mean over the layers; 0 for models without
 *     one
 * @param isF32 whether all weights are 32-bit floats
 */
public record MemoryEstimate(
    long modelBytes,
    int layers,
    long vocabulary,
    long dimensions,
    long feedForward,
    long heads,
    long cacheWidth,
    boolean isF32) {
  private static final int FLOAT = Float.BYTES;
  private static final int HALF = 2;

  /**
   * Reads the header of a model.
   *
   * @throws EmbarkException of kind MODEL when it has none that can be read
   */
  public static MemoryEstimate of(Path model) {
    try {
      GgufHeader header = GgufHeader.read(model);
      String arch = header.get("general.architecture").map(GgufValue::asString).orElse("");
      long dimensions = number(header, arch + ".embedding_length");
      int layers = (int) number(header, arch + ".block_count");
      long heads = Math.max(1, number(header, arch + ".attention.head_count"));
      long keyLength = number(header, arch + ".attention.key_length");
      double cacheHeads = mean(header, arch + ".attention.head_count_kv").orElse(heads);
      boolean caches =
          header.get(arch + ".attention.causal").map(v -> v.value() != Boolean.FALSE).orElse(true);
      return new MemoryEstimate(
          Files.size(model),
          layers,
          header.get("tokenizer.ggml.tokens").map(tokens -> tokens.asList().size()).orElse(0),
          dimensions,
          number(header, arch + ".feed_forward_length"),
          heads,
          caches
              ? (long) Math.ceil(cacheHeads * (keyLength > 0 ? keyLength : dimensions / heads))
              : 0,
          ModelLoader.isF32(header));
    } catch (IOException e) {
      throw new EmbarkException(
          Kind.MODEL, "The model cannot be loaded: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Bytes of a context for batches of so many tokens.
   *
   * @param device of {@link ModelOptions}; only on the CPU decoders go without flash attention
   */
  public long contextBytes(int tokens, int device) {
    long n = LlamaContext.room(tokens);
    long bytes =
        FLOAT * n * (vocabulary + dimensions)
            + FLOAT * n * (feedForward + 4 * dimensions)
            + HALF * n * n;
    if (cacheWidth > 0) {
      bytes += 2 * HALF * n * layers * cacheWidth + FLOAT * n * vocabulary + scores(n, n, device);
    }
    return bytes;
  }

  /**
   * Bytes of a context for generation: keys and values of its cells, activations, an attention mask
   * and scores over the cells for a batch, and logits of each sequence, twice: as computed and as
   * handed out, together with llama.cpp's candidates.
   *
   * @param cells tokens that it keeps
   * @param batchTokens of a call
   * @param device of {@link ModelOptions}; on the CPU, a model in F32 has cells in F32
   */
  public long generationBytes(int cells, int batchTokens, int sequences, int device) {
    long n = batchTokens;
    int cellBytes = isF32 && device == ModelOptions.CPU ? FLOAT : HALF;
    return 2L * cellBytes * cells * layers * cacheWidth
        + FLOAT * n * (feedForward + 4 * dimensions)
        + HALF * n * cells
        + scores(n, cells, device)
        + 2 * FLOAT * (sequences + 1) * vocabulary
        + 3 * FLOAT * vocabulary;
  }

  /** Of each token with each cell, as computed and as multiplied with values. */
  private long scores(long tokens, long cells, int device) {
    return device == ModelOptions.CPU ? (FLOAT + HALF) * tokens * cells * heads : 0;
  }

  /** Of all layers the largest; 0 where the header has no such number. */
  private static long number(GgufHeader header, String key) {
    return (long) numbers(header, key).max().orElse(0);
  }

  private static OptionalDouble mean(GgufHeader header, String key) {
    return numbers(header, key).average();
  }

  /** One number for all layers, or one for each. */
  private static DoubleStream numbers(GgufHeader header, String key) {
    return header.get(key).map(GgufValue::value).stream()
        .flatMap(value -> value instanceof List<?> list ? list.stream() : Stream.of(value))
        .filter(Number.class::isInstance)
        .mapToDouble(value -> ((Number) value).doubleValue());
  }
}
