package dev.embark.engine.model;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.text.Tokenizer;
import dev.embark.gguf.GgufHeader;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;

/**
 * Tests whether the tokenizer of a freshly loaded model adds the special tokens that its pooling
 * needs. Stateless.
 */
final class SelfTest {
  private static final byte[] TEXT = {'a'};

  private SelfTest() {}

  /**
   * Returns likely faults of a model that nevertheless computes.
   *
   * @return one clause per fault, to follow the model's name; empty if there is none
   * @throws EmbarkException of kind MODEL when no text fits into the model's context
   */
  static List<String> warnings(LlamaModel model, GgufHeader header) {
    List<String> warnings = new ArrayList<>();
    try (TokenizedTexts texts = new TokenizedTexts()) {
      new Tokenizer(model, EmbedOptions.defaults()).tokenize(List.of(TEXT), texts, () -> false);
      if (texts.sequences() == 0) {
        return warnings;
      }
      int n = texts.length(0);
      IntPointer ids = texts.ids();
      boolean opens = model.isControl(ids.get(0));
      boolean closes = model.isControl(ids.get(n - 1));
      int around = (opens ? 1 : 0) + (closes ? 1 : 0);
      if (model.trainedContext() <= around) {
        throw ModelCheck.refuse(
            model.path(),
            "has a context of "
                + model.trainedContext()
                + " tokens, which special tokens fill without any text");
      }
      switch (ModelFile.pooling(header)) {
        case "last" -> {
          if (!closes) {
            warnings.add(
                "takes the vector of the last token, but its tokenizer closes no text with a"
                    + " special token as such models are trained with; its file should have"
                    + " tokenizer.ggml.add_eos_token=true");
          }
        }
        case "cls" -> {
          if (!opens) {
            warnings.add(
                "takes the vector of the first token, but its tokenizer opens no text with a"
                    + " special token as such models are trained with; its file should have"
                    + " tokenizer.ggml.add_bos_token=true, or another pooling");
          }
        }
        default -> {
          // A mean needs no special token, and the other poolings produce no vector.
        }
      }
    }
    return warnings;
  }
}
