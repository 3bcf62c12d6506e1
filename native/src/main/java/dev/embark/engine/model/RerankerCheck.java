package dev.embark.engine.model;

import dev.embark.engine.text.RerankTemplate;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufValue;
import java.util.List;
import java.util.Optional;

/** Finds why llama.cpp would not compute the score that the authors of a reranker do. Stateless. */
final class RerankerCheck {
  private static final String BERT = "bert";
  private static final String MODERN_BERT = "modern-bert";
  private static final String QWEN3 = "qwen3";
  private static final List<String> ANSWERS = List.of("yes", "no");
  private static final String IMPORT = "; import the folder of its authors instead";
  private static final int MOST_SEPARATORS = 2;

  private RerankerCheck() {}

  /**
   * Returns what keeps a reranker from being used.
   *
   * @return a clause that follows the model's name; empty if nothing does
   */
  static Optional<String> obstacle(GgufHeader header) {
    String architecture = ModelFile.text(header, "general.architecture").orElse("");
    if (architecture.equals(QWEN3)) {
      return ofDecoder(header, architecture);
    }
    if (!architecture.equals(BERT) && !architecture.equals(MODERN_BERT)) {
      return Optional.of(
          "is a reranker of the architecture "
              + architecture
              + ", and Embark scores pairs with those of bert (BERT, RoBERTa, XLM-RoBERTa),"
              + " modern-bert and qwen3; use one of these");
    }
    int labels = labels(header, architecture).size();
    if (labels > 1) {
      return Optional.of(
          "has a head of " + labels + " labels, and a reranker has one score; use a reranker");
    }
    for (String tensor : List.of("cls.weight", "cls.output.weight")) {
      if (header.tensor(tensor).isEmpty()) {
        return Optional.of("lacks " + tensor + ", a layer of the head of such a reranker" + IMPORT);
      }
    }
    Optional<Long> separators = number(header, "embark.pair.separators");
    if (separators.isEmpty() && tokenTypes(header) > 1) {
      return Optional.of(
          "has "
              + tokenTypes(header)
              + " token types, but llama.cpp gives the second text of a pair the first one, so its"
              + " scores would differ from those of its authors"
              + IMPORT);
    }
    long offset = number(header, "embark.pair.offset").orElse(0L);
    long tokens = header.get("tokenizer.ggml.tokens").map(list -> list.asList().size()).orElse(0);
    boolean isSound =
        separators.orElse(1L) >= 1
            && separators.orElse(1L) <= MOST_SEPARATORS
            && (offset == 0 || 2 * offset == tokens);
    return isSound ? Optional.empty() : Optional.of("has unusable embark.pair metadata" + IMPORT);
  }

  /** Returns what is wrong with a decoder, whose head has the rows of its answers. */
  private static Optional<String> ofDecoder(GgufHeader header, String architecture) {
    List<?> labels = labels(header, architecture);
    if (!labels.equals(ANSWERS)) {
      return Optional.of(
          "has a head for "
              + (labels.isEmpty() ? "one label" : labels)
              + ", and one for "
              + ANSWERS
              + " is needed, of which llama.cpp computes the probability of yes"
              + IMPORT);
    }
    if (header.tensor("cls.output.weight").isEmpty()) {
      return Optional.of("lacks cls.output.weight, the head of such a reranker" + IMPORT);
    }
    return ModelFile.text(header, RerankTemplate.KEY).flatMap(RerankTemplate::of).isPresent()
        ? Optional.empty()
        : Optional.of(
            "has no prompt for a query and a document (" + RerankTemplate.KEY + ")" + IMPORT);
  }

  private static List<?> labels(GgufHeader header, String architecture) {
    return header
        .get(architecture + ".classifier.output_labels")
        .map(GgufValue::value)
        .filter(List.class::isInstance)
        .<List<?>>map(List.class::cast)
        .orElse(List.of());
  }

  private static long tokenTypes(GgufHeader header) {
    List<Long> shape = header.tensor("token_types.weight").map(GgufTensor::shape).orElse(List.of());
    return shape.size() > 1 ? shape.get(1) : 1;
  }

  private static Optional<Long> number(GgufHeader header, String key) {
    return header
        .get(key)
        .map(GgufValue::value)
        .filter(Long.class::isInstance)
        .map(Long.class::cast);
  }
}
