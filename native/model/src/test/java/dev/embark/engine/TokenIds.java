package dev.embark.engine;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The token ids that the engine gives to a model: what its own package keeps to itself. */
public final class TokenIds {
  private TokenIds() {}

  /** Ids of one text that is not NULL, cut to the model's context; none for a text without any. */
  public static int[] of(LlamaModel model, String text) {
    return of(model, List.of(text)).stream().findFirst().orElse(new int[0]);
  }

  /** Ids of texts that are not NULL, each cut to the model's context. */
  public static List<int[]> of(LlamaModel model, List<String> texts) {
    List<byte[]> utf8 = texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    try (TokenizedTexts out = new TokenizedTexts()) {
      new Tokenizer(model, EmbedOptions.defaults()).tokenize(utf8, out, () -> false);
      List<int[]> ids = new ArrayList<>();
      for (int sequence = 0; sequence < out.sequences(); sequence++) {
        ids.add(out.copy(sequence));
      }
      return ids;
    }
  }
}
