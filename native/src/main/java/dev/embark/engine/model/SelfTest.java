package dev.embark.engine.model;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.text.Tokenizer;
import dev.embark.gguf.GgufHeader;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.IntPointer;

/**
 * Tests whether the tokenizer of a freshly loaded model adds the special tokens that its pooling
 * needs, and whether its file has all that its authors' model has. Stateless.
 */
final class SelfTest {
  private static final byte[] TEXT = {'a'};

  // Encoders that are trained with a special token on each side of a text.
  private static final Set<String> ENCLOSING =
      Set.of(
          "bert",
          "nomic-bert",
          "nomic-bert-moe",
          "modern-bert",
          "neo-bert",
          "jina-bert-v2",
          "jina-bert-v3");

  private SelfTest() {}

  /**
   * Returns likely faults of a model that nevertheless computes.
   *
   * @return one clause per fault, to follow the model's name; empty if there is none
   * @throws EmbarkException of kind MODEL when no text fits into the model's context
   */
  static List<String> warnings(LlamaModel model, GgufHeader header) {
    List<String> warnings = new ArrayList<>(lacking(header));
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
      if (opens
          && !closes
          && ENCLOSING.contains(ModelFile.text(header, "general.architecture").orElse(""))) {
        warnings.add(
            "opens each text with a special token but closes none, which its authors' tokenizer"
                + " does; its file should have tokenizer.ggml.add_eos_token=true");
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

  /** Returns what the conversion of a model left out. */
  private static List<String> lacking(GgufHeader header) {
    List<String> lacking = new ArrayList<>();
    if (ModelFile.text(header, "tokenizer.ggml.model").equals(Optional.of("gpt2"))
        && header.get("tokenizer.ggml.pre").isEmpty()) {
      lacking.add(
          "has a byte-pair vocabulary without tokenizer.ggml.pre, so llama.cpp splits words by its"
              + " default rule and tokens may differ from those of training; convert the model"
              + " again");
    }
    if (ModelFile.text(header, "general.architecture").equals(Optional.of("gemma-embedding"))
        && header.tensor("dense_2.weight").isEmpty()) {
      lacking.add(
          "lacks the dense layers of EmbeddingGemma (dense_2.weight, dense_3.weight), so its"
              + " vectors are not those of its authors; convert it again with them");
    }
    return lacking;
  }
}
