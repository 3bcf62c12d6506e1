package dev.embark.imports.rerank;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.engine.jinja.JinjaTemplate;
import dev.embark.engine.jinja.values.JinjaException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The prompt in which a decoder is shown a pair of texts. Immutable.
 *
 * @param text the prompt, with <code>{query}</code> and <code>{document}</code> in place of the
 *     texts, once each and in this order
 * @param instruction the part of the text that says what makes a document relevant; empty for none
 */
public record PairPrompt(String text, Optional<String> instruction) {
  /**
   * A query and a document without anything around them, as tokenizers of decoders write a pair.
   */
  public static final PairPrompt BARE = new PairPrompt("{query}{document}", Optional.empty());

  /** The prompt of Qwen3-Reranker, from its model card. */
  public static final PairPrompt QWEN3 = qwen3();

  private static final String QUERY = "{query}";
  private static final String DOCUMENT = "{document}";
  private static final String INSTRUCTION = "{instruction}";
  private static final List<String> SPECIAL_TOKENS =
      List.of("bos_token", "eos_token", "pad_token", "unk_token");

  // A title or a base model; other cards name the family in passing.
  private static final Pattern QWEN3_CARD =
      Pattern.compile(
          "(?im)^# +(Qwen/)?Qwen3-Reranker-\\d|^base_model:\\s*(- *)?['\"]?[\\w.-]+/Qwen3-Reranker-\\d");

  private static PairPrompt qwen3() {
    String instruction =
        "Given a web search query, retrieve relevant passages that answer the query";
    return new PairPrompt(
        """
        <|im_start|>system
        Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
        <|im_start|>user
        <Instruct>: %s
        <Query>: {query}
        <Document>: {document}<|im_end|>
        <|im_start|>assistant
        <think>

        </think>

        """
            .formatted(instruction),
        Optional.of(instruction));
  }

  /**
   * Returns whether a model card is that of Qwen3-Reranker or of a model that is based on it.
   *
   * @param readme {@code README.md}; empty if there is none
   */
  public static boolean isQwen3(String readme) {
    return QWEN3_CARD.matcher(readme).find();
  }

  /**
   * Renders the chat template of a model, as sentence-transformers does: with messages of the roles
   * {@code query} and {@code document}, and the instruction as the message of the system.
   *
   * @param template in Jinja
   * @param variables further variables of the template
   * @param tokenizerConfig {@code tokenizer_config.json}, which names special tokens
   * @param instruction the model's own; empty if it has none outside the template
   * @return empty if the template does not write both texts once
   */
  public static Optional<PairPrompt> render(
      String template, JsonNode variables, JsonNode tokenizerConfig, Optional<String> instruction) {
    try {
      JinjaTemplate parsed = JinjaTemplate.parse(template);
      Map<String, Object> values = values(variables, tokenizerConfig);
      String text = render(parsed, values, instruction);
      int query = text.indexOf(QUERY);
      int document = text.indexOf(DOCUMENT);
      return query < 0
              || document < query
              || text.lastIndexOf(QUERY) != query
              || text.lastIndexOf(DOCUMENT) != document
          ? Optional.empty()
          : Optional.of(new PairPrompt(text, instruction(parsed, values, text)));
    } catch (JinjaException e) {
      return Optional.empty();
    }
  }

  /** Returns the part of a rendered prompt in whose place another instruction would be. */
  private static Optional<String> instruction(
      JinjaTemplate template, Map<String, Object> values, String text) {
    String other = render(template, values, Optional.of(INSTRUCTION));
    int at = other.indexOf(INSTRUCTION);
    String behind = at < 0 ? "" : other.substring(at + INSTRUCTION.length());
    return at >= 0
            && text.length() > at + behind.length()
            && text.startsWith(other.substring(0, at))
            && text.endsWith(behind)
        ? Optional.of(text.substring(at, text.length() - behind.length()))
        : Optional.empty();
  }

  private static String render(
      JinjaTemplate template, Map<String, Object> values, Optional<String> instruction) {
    List<Map<String, String>> messages = new ArrayList<>();
    instruction.ifPresent(given -> messages.add(message("system", given)));
    messages.add(message("query", QUERY));
    messages.add(message("document", DOCUMENT));
    values.put("messages", messages);
    return template.render(values, Instant.EPOCH).chars();
  }

  private static Map<String, Object> values(JsonNode variables, JsonNode tokenizerConfig) {
    Map<String, Object> values = new HashMap<>();
    values.put("tools", null);
    values.put("documents", null);
    values.put("add_generation_prompt", false);
    for (String name : SPECIAL_TOKENS) {
      JsonNode token = tokenizerConfig.path(name);
      String text = token.isObject() ? token.path("content").asText() : token.asText("");
      if (!text.isEmpty() && !token.isNull()) {
        values.put(name, text);
      }
    }
    variables
        .properties()
        .forEach(
            each -> {
              JsonNode value = each.getValue();
              values.put(each.getKey(), value.isBoolean() ? value.asBoolean() : value.asText());
            });
    return values;
  }

  private static Map<String, String> message(String role, String content) {
    return Map.of("role", role, "content", content);
  }
}
