package dev.embark.imports.rerank;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The head of a classifier as its configuration describes it. Immutable.
 *
 * @param labels names of its outputs
 * @param activation simple name of the function that sentence-transformers applies to one output,
 *     such as {@code Sigmoid}
 */
public record ScoreHead(List<String> labels, String activation) {
  /** The activation that leaves outputs as they are. */
  public static final String IDENTITY = "Identity";

  /** The activation of a model with one output that names none. */
  public static final String SIGMOID = "Sigmoid";

  private static final String CLASSIFIER = "ForSequenceClassification";
  private static final String GENERATOR = "ForCausalLM";
  private static final int DEFAULT_LABELS = 2; // of transformers
  private static final String NAME = "activation_fn";

  public ScoreHead {
    labels = List.copyOf(labels);
  }

  /** Returns whether a {@code config.json} describes a classifier of texts. */
  public static boolean isDescribedBy(JsonNode config) {
    return config.path("architectures").path(0).asText("").endsWith(CLASSIFIER);
  }

  /** Returns whether a {@code config.json} describes a model that generates texts. */
  static boolean isGenerator(JsonNode config) {
    return config.path("architectures").path(0).asText("").endsWith(GENERATOR);
  }

  /**
   * Reads the description.
   *
   * @param config {@code config.json}
   * @param sentence {@code config_sentence_transformers.json}; may be missing
   */
  public static ScoreHead of(JsonNode config, JsonNode sentence) {
    List<String> labels = new ArrayList<>();
    config.path("id2label").forEach(label -> labels.add(label.asText()));
    if (labels.isEmpty()) {
      int number = config.path("num_labels").asInt(DEFAULT_LABELS);
      IntStream.range(0, number).forEach(i -> labels.add("LABEL_" + i));
    }
    // In the order in which sentence-transformers looks for it.
    String activation =
        first(
            sentence.path(NAME),
            config.path("sentence_transformers").path(NAME),
            config.path("sbert_ce_default_activation_function"));
    return new ScoreHead(labels, activation.substring(activation.lastIndexOf('.') + 1));
  }

  private static String first(JsonNode... values) {
    for (JsonNode value : values) {
      if (value.isTextual() && !value.asText().isEmpty()) {
        return value.asText();
      }
    }
    return SIGMOID;
  }
}
