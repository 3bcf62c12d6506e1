package dev.embark.engine.text;

import dev.embark.llama.LlamaModel;
import java.util.Optional;
import java.util.function.Function;

/**
 * Rewrites texts so that llama.cpp produces the tokens that the model's own tokenizer produces for
 * the originals: the part of normalisation that llama.cpp lacks or does differently.
 * Implementations are immutable and thread-safe.
 */
interface TextNormalizer {
  /** Returns whether {@code utf8[0 … length)} certainly needs no rewriting, by a quick check. */
  boolean isPlain(byte[] utf8, int length);

  /** Rewrites {@code utf8[0 … length)}; the result is a new array. */
  byte[] rewrite(byte[] utf8, int length);

  /**
   * Returns the normalizer of a model; empty if llama.cpp needs none.
   *
   * @param plain returns the ids that llama.cpp itself gives to a text, without special tokens
   */
  static Optional<? extends TextNormalizer> of(LlamaModel model, Function<byte[], int[]> plain) {
    return switch (model.metadata("tokenizer.ggml.model").orElse("none")) {
      case "bert" -> Optional.of(WordPieceText.of(model, plain));
      case "t5" -> UnigramText.of(model);
      case "gpt2" -> ComposedText.of(model);
      default -> Optional.empty();
    };
  }
}
