package dev.embark.engine.text;

import dev.embark.llama.LlamaModel;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * Composes texts (Unicode form NFC) for byte-pair vocabularies whose tokenizer does so. llama.cpp
 * 0.5.0 has no such step, so a decomposed é would get the tokens of an e and of an accent.
 * Immutable and thread-safe.
 */
final class ComposedText implements TextNormalizer {
  private static final String KEY = "embark.tokenizer.nfc"; // of imported models

  // llama.cpp's names of the tokenizers of Qwen 2 to 3.5, Command R, MPT, OLMo and ModernBERT. For
  // the first three, transformers itself sets NFC; the others use the tokenizer of GPT-NeoX, for
  // which it also does.
  private static final Set<String> COMPOSING =
      Set.of("qwen2", "qwen35", "command-r", "mpt", "olmo", "modern-bert");

  // No character below U+0300 is changed by NFC unless a later one follows it.
  private static final int FIRST_LEAD = 0xCC;

  private static final ComposedText INSTANCE = new ComposedText();

  private ComposedText() {}

  /** Returns the normalizer of a model; empty if its tokenizer does not compose texts. */
  static Optional<ComposedText> of(LlamaModel model) {
    boolean composes =
        model
            .metadata(KEY)
            .map(Boolean::valueOf)
            .orElseGet(
                () -> model.metadata("tokenizer.ggml.pre").filter(COMPOSING::contains).isPresent());
    return composes ? Optional.of(INSTANCE) : Optional.empty();
  }

  @Override
  public boolean isPlain(byte[] utf8, int length) {
    for (int i = 0; i < length; i++) {
      if (Byte.toUnsignedInt(utf8[i]) >= FIRST_LEAD) {
        return false;
      }
    }
    return true;
  }

  @Override
  public byte[] rewrite(byte[] utf8, int length) {
    // llama.cpp replaces malformed bytes by the same character.
    String text = new String(utf8, 0, length, StandardCharsets.UTF_8);
    return Normalizer.isNormalized(text, Normalizer.Form.NFC)
        ? Arrays.copyOf(utf8, length)
        : Normalizer.normalize(text, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
  }
}
