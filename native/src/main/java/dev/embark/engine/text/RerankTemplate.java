package dev.embark.engine.text;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The prompt in which a decoder is shown a pair of texts, in the notation of llama.cpp: <code>
 * {query}</code> and <code>{document}</code> are the places of the two texts. Immutable.
 *
 * @param before what precedes the query
 * @param between what follows the query
 * @param after what follows the document
 */
public record RerankTemplate(String before, String between, String after) {
  /** Metadata key of the template, which llama.cpp's converter writes as well. */
  public static final String KEY = "tokenizer.chat_template.rerank";

  private static final String INSTRUCTION_KEY = "embark.pair.instruction";

  // The prompt of Qwen3-Reranker, as llama.cpp's converter writes it.
  private static final Pattern INSTRUCTION = Pattern.compile("<Instruct>: ([^\\n]+)\\n<Query>: $");
  private static final String QUERY = "{query}";
  private static final String DOCUMENT = "{document}";

  /** Parses a template; empty unless it has each text once, the query first. */
  public static Optional<RerankTemplate> of(String template) {
    int query = template.indexOf(QUERY);
    int document = template.indexOf(DOCUMENT);
    return query < 0
            || document < query
            || template.lastIndexOf(QUERY) != query
            || template.lastIndexOf(DOCUMENT) != document
        ? Optional.empty()
        : Optional.of(
            new RerankTemplate(
                template.substring(0, query),
                template.substring(query + QUERY.length(), document),
                template.substring(document + DOCUMENT.length())));
  }

  /**
   * Returns the part of what precedes a query that says what makes a document relevant; empty if
   * there is none.
   *
   * @param metadata value of a key of the model's file
   */
  public static Optional<String> instruction(
      String before, Function<String, Optional<String>> metadata) {
    return metadata
        .apply(INSTRUCTION_KEY)
        .filter(text -> !text.isEmpty() && before.contains(text))
        .or(
            () -> {
              Matcher matcher = INSTRUCTION.matcher(before);
              return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
            });
  }
}
