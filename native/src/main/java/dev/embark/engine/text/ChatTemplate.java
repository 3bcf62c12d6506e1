package dev.embark.engine.text;

import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaModel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;

/**
 * The tokens of a chat around the user's text, including the system message.
 *
 * @param before tokens that open every prompt
 * @param behind tokens after the text; they end with the start of the answer
 */
record ChatTemplate(int[] before, int[] behind) {
  private static final String NONE = "none";
  private static final String MODEL = "model";
  // Placeholder for the user's text while a template is split in two; no template contains such a
  // word.
  private static final String USER = "embark7user7text";
  private static final int UNKNOWN = -1;
  private static final int MODEL_HAS_NONE = -2;

  /**
   * Returns the template that the options select.
   *
   * @throws EmbarkException of kind OPTION when the template is missing or unknown to llama.cpp
   */
  static ChatTemplate of(LlamaModel model, Vocabulary vocabulary, GenerateOptions options) {
    String name = options.chatTemplate();
    String chat = name.equals(NONE) ? null : prompt(model, options);
    if (chat == null) {
      if (!options.system().isEmpty()) {
        throw new EmbarkException(
            Kind.OPTION,
            name.equals(NONE)
                ? "system needs a chat, and chatTemplate is none; leave one of them out."
                : "system needs a chat, and the model's file has no template for one; name one with"
                    + " chatTemplate, such as chatml, if the model was trained for it.");
      }
      return new ChatTemplate(opened(vocabulary, new int[0]), new int[0]);
    }
    int user = chat.indexOf(USER);
    return new ChatTemplate(
        opened(vocabulary, vocabulary.trusted(chat.substring(0, user))),
        vocabulary.trusted(chat.substring(user + USER.length())));
  }

  /** Renders a chat whose user text is {@link #USER}; null if the model has no template. */
  private static String prompt(LlamaModel model, GenerateOptions options) {
    String name = options.chatTemplate().equals(MODEL) ? "" : options.chatTemplate();
    try (BytePointer template = new BytePointer(name, StandardCharsets.UTF_8);
        BytePointer system = new BytePointer(options.system(), StandardCharsets.UTF_8);
        BytePointer user = new BytePointer(USER, StandardCharsets.UTF_8)) {
      byte[] prompt = new byte[0];
      int n = model.chatPrompt(template, system, user, prompt);
      if (n == MODEL_HAS_NONE) {
        return null;
      }
      if (n == UNKNOWN) {
        throw new EmbarkException(
            Kind.OPTION,
            name.isEmpty()
                ? "The chat template in the model's file is none that llama.cpp knows; name one"
                    + " that does the same with chatTemplate, such as chatml, or say"
                    + " chatTemplate=none and write it around the prompts."
                : "There is no chat template '"
                    + name
                    + "' in llama.cpp; chatTemplate takes model, none or one of its names, such as"
                    + " chatml.");
      }
      prompt = new byte[n];
      model.chatPrompt(template, system, user, prompt);
      return new String(prompt, StandardCharsets.UTF_8);
    }
  }

  /** Prepends the token that opens every text unless the template already contains it. */
  private static int[] opened(Vocabulary vocabulary, int[] ids) {
    int opening = vocabulary.openingToken();
    return opening < 0 || (ids.length > 0 && ids[0] == opening)
        ? ids
        : IntStream.concat(IntStream.of(opening), Arrays.stream(ids)).toArray();
  }
}
