package dev.embark.engine.text;

import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaModel;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Formats prompts as the chat that a model was trained with, the system message included.
 *
 * <p>A template in the model's file is rendered as Jinja. If it cannot be, as with a system message
 * that it refuses, the template of llama.cpp's list that resembles it is used. Thread-safe.
 */
public final class ChatTemplate {
  private static final String NONE = "none";
  private static final String MODEL = "model";
  private static final String KEY = "tokenizer.chat_template";

  private final Function<String, Text> chat;
  private final String description;

  private ChatTemplate(Function<String, Text> chat, String description) {
    this.chat = chat;
    this.description = description;
  }

  /**
   * Returns the template that the options select.
   *
   * @throws EmbarkException of kind OPTION when the template is missing, unknown to llama.cpp, or
   *     cannot be rendered
   */
  static ChatTemplate of(LlamaModel model, GenerateOptions options) {
    String name = options.chatTemplate();
    String system = options.system();
    Optional<String> own = model.metadata(KEY);
    if (name.equals(NONE) || (name.equals(MODEL) && own.isEmpty())) {
      if (!system.isEmpty()) {
        throw new EmbarkException(
            Kind.OPTION,
            name.equals(NONE)
                ? "system needs a chat, and chatTemplate is none; leave one of them out."
                : "system needs a chat, and the file of the model "
                    + model.path()
                    + " has no template for one; name one with chatTemplate, such as chatml, if"
                    + " the model was trained for it.");
      }
      return new ChatTemplate(prompt -> Text.of(prompt, Origin.USER), NONE);
    }
    if (name.equals(MODEL)) {
      return own(model, own.get(), system);
    }
    return GenerateOptions.isJinja(name) ? given(model, name, system) : listed(model, name, system);
  }

  private static ChatTemplate own(LlamaModel model, String source, String system) {
    try {
      return new ChatTemplate(
          new JinjaChat(source, model, system, Instant.now()), "the model's own");
    } catch (JinjaException e) {
      String reason = reason(e);
      return ListedChat.of(model, "", system)
          .map(
              chat ->
                  new ChatTemplate(
                      chat, "the one of llama.cpp that resembles the model's own: " + reason))
          .orElseThrow(
              () ->
                  new EmbarkException(
                      Kind.OPTION,
                      "The chat template in the file of the model "
                          + model.path()
                          + " cannot be rendered ("
                          + reason
                          + "), and llama.cpp knows none that resembles it; name one that does the"
                          + " same with chatTemplate, such as chatml, or set chatTemplate=none and"
                          + " write it around the prompts.",
                      e));
    }
  }

  private static ChatTemplate given(LlamaModel model, String source, String system) {
    try {
      return new ChatTemplate(new JinjaChat(source, model, system, Instant.now()), "given");
    } catch (JinjaException e) {
      throw new EmbarkException(
          Kind.OPTION, "The option chatTemplate cannot be rendered: " + reason(e) + ".", e);
    }
  }

  private static ChatTemplate listed(LlamaModel model, String name, String system) {
    return ListedChat.of(model, name, system)
        .map(chat -> new ChatTemplate(chat, "llama.cpp's " + name))
        .orElseThrow(
            () ->
                new EmbarkException(
                    Kind.OPTION,
                    "There is no chat template '"
                        + name
                        + "' in llama.cpp; chatTemplate takes model, none, one of its names, such"
                        + " as chatml, or a text in Jinja."));
  }

  private static String reason(JinjaException e) {
    String reason = e.getMessage().strip();
    return reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason;
  }

  /** Describes in a clause which template formats the prompts of a model by default. */
  public static String describe(LlamaModel model) {
    if (model.metadata(KEY).isEmpty()) {
      return "none; prompts are continued as they are";
    }
    try {
      String plain = of(model, GenerateOptions.defaults()).description;
      String withSystem = of(model, GenerateOptions.of(Map.of("system", "a"))).description;
      return plain.equals(withSystem) ? plain : plain + "; with a system message " + withSystem;
    } catch (EmbarkException e) {
      return "unknown: " + e.getMessage();
    }
  }

  /** Returns whether prompts become messages of a chat. */
  boolean isChat() {
    return !description.equals(NONE);
  }

  /**
   * Returns the chat with a prompt.
   *
   * @throws EmbarkException of kind MODEL when the template does not take the prompt
   */
  Text format(String prompt) {
    try {
      return chat.apply(prompt);
    } catch (JinjaException e) {
      throw new EmbarkException(
          Kind.MODEL, "The chat template does not take the prompt: " + reason(e) + ".", e);
    }
  }
}
