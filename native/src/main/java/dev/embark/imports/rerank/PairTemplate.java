package dev.embark.imports.rerank;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a tokenizer writes a pair of texts: {@code [CLS] a [SEP] b [SEP]} with one separator, or
 * {@code <s> a </s></s> b </s>} with two. Immutable.
 *
 * @param separators number of closing tokens between the two texts
 * @param secondType whether the second text and the token after it have the token type 1
 */
public record PairTemplate(int separators, boolean secondType) {
  /** The template of BERT's own tokenizer. */
  private static final PairTemplate BERT = new PairTemplate(1, true);

  private static final PairTemplate ROBERTA = new PairTemplate(2, false);
  private static final String SPECIAL = "SpecialToken";
  private static final String SEQUENCE = "Sequence";

  /**
   * Reads the template.
   *
   * @param tokenizer {@code tokenizer.json}; missing for a folder with a {@code vocab.txt}
   * @param config {@code tokenizer_config.json}; may be missing
   * @return empty if the tokenizer writes pairs in another way, or names none
   */
  public static Optional<PairTemplate> of(JsonNode tokenizer, JsonNode config) {
    Optional<PairTemplate> template =
        tokenizer.isMissingNode() ? Optional.of(BERT) : of(tokenizer.path("post_processor"));
    return template.map(
        found ->
            new PairTemplate(found.separators(), found.secondType() && givesTypesToModel(config)));
  }

  /**
   * Returns whether the model receives token types. A configuration that does not list the inputs
   * is of a class that has them, but for the general one of transformers 5.
   */
  private static boolean givesTypesToModel(JsonNode config) {
    JsonNode inputs = config.path("model_input_names");
    return inputs.isEmpty()
        ? !config.path("tokenizer_class").asText().equals("TokenizersBackend")
        : contains(inputs, "token_type_ids");
  }

  private static Optional<PairTemplate> of(JsonNode step) {
    switch (step.path("type").asText()) {
      case "BertProcessing" -> {
        return Optional.of(BERT);
      }
      case "RobertaProcessing" -> {
        return Optional.of(ROBERTA);
      }
      case "TemplateProcessing" -> {
        return read(step.path("single"), step.path("pair"));
      }
      default -> {
        // a sequence, or a step that leaves tokens as they are
      }
    }
    for (JsonNode part : step.path("processors")) {
      Optional<PairTemplate> found = of(part);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Accepts a pair of the texts in order, each closed by the token that closes a single text. */
  private static Optional<PairTemplate> read(JsonNode single, JsonNode pair) {
    int opening = special(single.path(0)).isEmpty() ? 0 : 1;
    String closing = special(single.path(single.size() - 1));
    int separators = pair.size() - opening - 3;
    List<String> expected = new ArrayList<>();
    if (opening > 0) {
      expected.add(special(single.path(0)));
    }
    expected.add("A");
    for (int i = 0; i < separators; i++) {
      expected.add(closing);
    }
    expected.add("B");
    expected.add(closing);
    List<String> written = new ArrayList<>();
    pair.forEach(part -> written.add(special(part) + part.path(SEQUENCE).path("id").asText("")));
    if (closing.isEmpty() || separators < 1 || separators > 2 || !written.equals(expected)) {
      return Optional.empty();
    }
    int second = pair.size() - 2;
    int type = type(pair.path(second));
    for (int i = 0; i < pair.size(); i++) {
      if (type(pair.path(i)) != (i < second ? 0 : type)) {
        return Optional.empty();
      }
    }
    return type > 1 ? Optional.empty() : Optional.of(new PairTemplate(separators, type == 1));
  }

  private static String special(JsonNode part) {
    return part.path(SPECIAL).path("id").asText("");
  }

  private static int type(JsonNode part) {
    JsonNode value = part.has(SPECIAL) ? part.path(SPECIAL) : part.path(SEQUENCE);
    return value.path("type_id").asInt(0);
  }

  private static boolean contains(JsonNode names, String name) {
    for (JsonNode each : names) {
      if (each.asText().equals(name)) {
        return true;
      }
    }
    return false;
  }
}
