package dev.embark.engine.text;

import dev.embark.engine.jinja.JinjaTemplate;
import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.llama.LlamaModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Formats prompts with a Jinja template, which sees what transformers shows to it: the messages, no
 * tools, no documents, and the texts of special tokens. Thread-safe.
 */
final class JinjaChat implements Function<String, Text> {
  private static final Map<String, String> SPECIAL_TOKENS =
      Map.of(
          "bos_token", "tokenizer.ggml.bos_token_id",
          "eos_token", "tokenizer.ggml.eos_token_id",
          "pad_token", "tokenizer.ggml.padding_token_id",
          "unk_token", "tokenizer.ggml.unknown_token_id");

  private final JinjaTemplate template;
  private final Map<String, Object> variables;
  private final String system;
  // One time for all prompts, so that they share their beginning.
  private final Instant now;

  /**
   * Parses a template and renders it once.
   *
   * @param system empty for no system message
   * @throws JinjaException if the template cannot be rendered with the system message, or leaves
   *     out the message of the user
   */
  JinjaChat(String source, LlamaModel model, String system, Instant now) {
    this.template = JinjaTemplate.parse(source);
    this.system = system;
    this.now = now;
    this.variables = new HashMap<>();
    variables.put("tools", null);
    variables.put("documents", null);
    variables.put("add_generation_prompt", true);
    SPECIAL_TOKENS.forEach(
        (name, key) ->
            specialToken(model, key)
                .ifPresent(token -> variables.put(name, model.tokenText(token))));
    if (apply("a").spans().stream().noneMatch(span -> span.origin() == Origin.USER)) {
      throw new JinjaException("it leaves out the message of the user");
    }
  }

  private static OptionalInt specialToken(LlamaModel model, String key) {
    return model
        .metadata(key)
        .filter(value -> value.matches("\\d{1,9}"))
        .map(Integer::parseInt)
        .filter(token -> token < model.vocabularySize())
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  /**
   * Returns the chat with a prompt.
   *
   * @throws JinjaException if the template does not take the prompt
   */
  @Override
  public Text apply(String prompt) {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(message("system", Text.of(system, Origin.SYSTEM)));
    }
    messages.add(message("user", Text.of(prompt, Origin.USER)));
    Map<String, Object> values = new HashMap<>(variables);
    values.put("messages", messages);
    return template.render(values, now);
  }

  private static Map<String, Object> message(String role, Text content) {
    return Map.of("role", role, "content", content);
  }
}
