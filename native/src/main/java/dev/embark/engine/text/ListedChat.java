package dev.embark.engine.text;

import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.llama.LlamaModel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;

/**
 * Formats prompts with a template of llama.cpp's list, selected by its name or by what is alike in
 * the template of the model's file. Immutable and thread-safe.
 */
final class ListedChat implements Function<String, Text> {
  // Placeholders while a template is taken apart; no template contains such words.
  private static final String SYSTEM = "embark7system7text";
  private static final String USER = "embark7user7text";

  private final Text before;
  private final Text behind;

  private ListedChat(String chat, String system) {
    int user = chat.indexOf(USER);
    this.before = withSystem(chat.substring(0, user), system);
    this.behind = withSystem(chat.substring(user + USER.length()), system);
  }

  private static Text withSystem(String part, String system) {
    int at = part.indexOf(SYSTEM);
    return at < 0
        ? Text.of(part)
        : Text.of(part.substring(0, at))
            .plus(Text.of(system, Origin.SYSTEM))
            .plus(Text.of(part.substring(at + SYSTEM.length())));
  }

  /**
   * Returns a template of the list.
   *
   * @param name empty for the one that the template in the model's file resembles
   * @param system empty for no system message
   * @return empty if the list has none
   */
  static Optional<ListedChat> of(LlamaModel model, String name, String system) {
    try (BytePointer template = utf8(name);
        BytePointer instruction = utf8(system.isEmpty() ? "" : SYSTEM);
        BytePointer user = utf8(USER)) {
      int n = model.chatPrompt(template, instruction, user, new byte[0]);
      if (n < 0) {
        return Optional.empty();
      }
      byte[] chat = new byte[n];
      model.chatPrompt(template, instruction, user, chat);
      return Optional.of(new ListedChat(new String(chat, StandardCharsets.UTF_8), system));
    }
  }

  private static BytePointer utf8(String text) {
    return new BytePointer(text, StandardCharsets.UTF_8);
  }

  @Override
  public Text apply(String prompt) {
    return before.plus(Text.of(prompt, Origin.USER)).plus(behind);
  }
}
