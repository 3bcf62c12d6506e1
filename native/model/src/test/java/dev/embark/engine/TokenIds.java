package dev.embark.engine;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** The token ids that the engine gives to a model: what its own package keeps to itself. */
public final class TokenIds {
  private TokenIds() {}

  /** Ids of one text that is not NULL, cut to the model's context. */
  public static int[] of(LlamaModel model, String text) {
    try (TokenizedTexts out = new TokenizedTexts()) {
      new Tokenizer(model, EmbedOptions.defaults())
          .tokenize(List.of(text.getBytes(StandardCharsets.UTF_8)), out, () -> false);
      int[] ids = new int[out.length(0)];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = out.ids().get(out.offset(0) + i);
      }
      return ids;
    }
  }
}
