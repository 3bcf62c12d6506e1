package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaContext;
import java.util.List;
import java.util.Set;

/** Checks the attention heads of a model, and which of its layers have attention. */
final class HeadsCheck {
  private static final long MAX_CONVOLUTION = 64;
  // The supported hybrid: its layers without attention keep almost no state, and it pools.
  private static final String CONVOLUTIONS = "lfm2";
  private static final Set<String> WHOLE_HEAD_TURNS =
      Set.of("qwen2", "qwen2moe", "qwen3", "qwen3moe");

  private final CheckedHeader header;

  HeadsCheck(CheckedHeader header) {
    this.header = header;
  }

  void check() {
    String key = header.key("attention.head_count");
    List<Long> heads = header.numbers(key);
    if (heads.isEmpty()) {
      throw header.refuse("has no " + key);
    }
    List<Long> keyHeads = header.numbers(header.key("attention.head_count_kv"));
    for (int i = 0; i < Math.max(heads.size(), keyHeads.size()); i++) {
      long n = heads.get(Math.min(i, heads.size() - 1));
      if (n == 0 && heads.size() > 1) {
        withoutAttention(key, i);
      } else {
        header.inRange(key, n, 1, ModelCheck.MAX_DIMENSIONS);
        if (!keyHeads.isEmpty()) {
          keyHeads(n, keyHeads.get(Math.min(i, keyHeads.size() - 1)), i, keyHeads.size() > 1);
        }
      }
    }
    if (header.architecture().equals(CONVOLUTIONS)) {
      convolutions(keyHeads);
    }
    long embedding = header.number(header.key("embedding_length")).orElseThrow();
    long size = header.number(header.key("attention.key_length")).orElse(embedding / heads.get(0));
    long valueSize =
        header.number(header.key("attention.value_length")).orElse(embedding / heads.get(0));
    header.inRange(header.key("attention.key_length"), size, 1, ModelCheck.MAX_DIMENSIONS);
    if (size != valueSize && header.number(header.key("attention.kv_lora_rank")).isEmpty()) {
      throw header.refuse(
          "has the %s %d and the %s %d, which must be the same"
              .formatted(
                  header.key("attention.key_length"),
                  size,
                  header.key("attention.value_length"),
                  valueSize));
    }
    if (header.architecture().contains("bert") || header.architecture().equals(CONVOLUTIONS)) {
      fill(heads, size, embedding);
    }
    header
        .number(header.key("rope.dimension_count"))
        .ifPresent(
            n -> {
              header.inRange(header.key("rope.dimension_count"), n, 0, size);
              if (n % 2 != 0 || (WHOLE_HEAD_TURNS.contains(header.architecture()) && n != size)) {
                throw header.refuse(
                    "has the "
                        + header.key("rope.dimension_count")
                        + " "
                        + n
                        + " in heads of "
                        + size);
              }
            });
  }

  private void keyHeads(long heads, long shared, int layer, boolean each) {
    String key = header.key("attention.head_count_kv");
    if (shared == 0 && each) {
      if (!header.architecture().equals(CONVOLUTIONS)) {
        withoutAttention(key, layer);
      }
      return;
    }
    header.inRange(key, shared, 1, heads);
    if (heads % shared != 0) {
      throw header.refuse(
          "has the %s %d, which does not divide its %d heads".formatted(key, shared, heads));
    }
  }

  /**
   * Rejects layers without attention: they keep a state of up to some megabytes per sequence, and a
   * context for embeddings has {@value LlamaContext#MAX_SEQUENCES} sequences.
   */
  private void withoutAttention(String key, int layer) {
    throw new EmbarkException(
        Kind.MODEL,
        "The model %s is a hybrid of the architecture '%s', with layers that have no attention (%s is 0 for layer %d), and Embark does not support these, but for those of 'lfm2': use another model."
            .formatted(header.path(), header.architecture(), key, layer));
  }

  /**
   * Checks a hybrid whose layers without key heads are convolutions. llama.cpp fills the inputs of
   * both kinds of layers and asserts that each has a reader.
   */
  private void convolutions(List<Long> keyHeads) {
    long layers = header.number(header.key("block_count")).orElseThrow();
    if (keyHeads.size() != layers
        || keyHeads.stream().distinct().count() < 2
        || !keyHeads.contains(0L)) {
      throw header.refuse(
          "does not say which of its layers have attention and which have none, in "
              + header.key("attention.head_count_kv"));
    }
    header.required("shortconv.l_cache", MAX_CONVOLUTION);
    header.optional("shortconv.l_cache", 2, MAX_CONVOLUTION);
  }

  /** Checks that the heads fill the embedding: the weights of these architectures are square. */
  private void fill(List<Long> heads, long size, long embedding) {
    for (long n : heads) {
      if (n * size != embedding) {
        throw header.refuse(
            "has %d heads of %d, which do not fill its embedding of %d"
                .formatted(n, size, embedding));
      }
    }
  }
}
