package dev.embark.engine.text;

import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.text.ControlTokens.Spelling;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Converts rendered chats to token ids.
 *
 * <p>A control token is one only where the template spells it whole: elsewhere its spelling is
 * text. Everything between two control tokens is tokenised together, as the model's own tokenizer
 * does it, so the ids equal those of the whole chat wherever users spell no control token. Owns a
 * native buffer. Not thread-safe.
 */
final class ChatTokenizer implements AutoCloseable {
  private static final int MOST_CACHED = 64;

  private final Vocabulary vocabulary;
  private final ControlTokens controls;
  private final Map<String, int[]> written = new HashMap<>(); // by what templates write
  private final TokenizedTexts scratch = new TokenizedTexts();

  ChatTokenizer(LlamaModel model, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.controls = ControlTokens.of(model);
  }

  /**
   * Returns the ids of a chat, the token that opens every text included.
   *
   * @throws EmbarkException when the vocabulary cannot tokenise it, or the work is cancelled
   */
  int[] ids(Text chat, BooleanSupplier isCancelled) {
    String chars = chat.chars();
    List<Spelling> trusted =
        controls.in(chars).stream()
            .filter(spelling -> isTemplate(chat, spelling.from(), spelling.to()))
            .toList();
    IntStream.Builder ids = IntStream.builder();
    int done = 0;
    for (int i = 0; i <= trusted.size(); i++) {
      int from = i == 0 ? 0 : trusted.get(i - 1).to();
      int to = i == trusted.size() ? chars.length() : trusted.get(i).from();
      if (!isTemplate(chat, from, to)) {
        add(ids, trusted(chars.substring(done, from)));
        String before = i == 0 ? "" : spelling(chars, trusted.get(i - 1));
        String behind = i == trusted.size() ? "" : spelling(chars, trusted.get(i));
        add(ids, plain(absorbed(chars.substring(from, to), before, behind), isCancelled));
        done = to;
      }
    }
    add(ids, trusted(chars.substring(done)));
    return opened(ids.build().toArray());
  }

  /** Returns the number of tokens of a text by itself. */
  int count(String text, BooleanSupplier isCancelled) {
    return plain(text, isCancelled).length;
  }

  private static void add(IntStream.Builder ids, int[] more) {
    Arrays.stream(more).forEach(ids::add);
  }

  private static boolean isTemplate(Text chat, int from, int to) {
    return IntStream.range(from, to).allMatch(i -> chat.origin(i) == Origin.TEMPLATE);
  }

  private static String spelling(String chars, Spelling spelling) {
    return chars.substring(spelling.from(), spelling.to());
  }

  /** Removes the white space that the control tokens around a text absorb. */
  private String absorbed(String text, String before, String behind) {
    boolean start = !before.isEmpty() && trusted(before + "\n").length == 1;
    boolean end = !behind.isEmpty() && trusted("\n" + behind).length == 1;
    String stripped = start ? text.stripLeading() : text;
    return end ? stripped.stripTrailing() : stripped;
  }

  private int[] trusted(String text) {
    int[] ids = written.get(text);
    if (ids == null) {
      ids = text.isEmpty() ? new int[0] : vocabulary.trusted(text);
      if (written.size() == MOST_CACHED) {
        written.clear();
      }
      written.put(text, ids);
    }
    return ids;
  }

  /** Returns the ids of a text by itself. */
  int[] plain(String text, BooleanSupplier isCancelled) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    if (utf8.length == 0) {
      return new int[0];
    }
    scratch.clear(0);
    int n = vocabulary.write(utf8, utf8.length, scratch, false, Integer.MAX_VALUE, isCancelled);
    scratch.addSequence(0, n);
    return scratch.copy(0);
  }

  /** Prepends the token that opens every text unless the template already wrote it. */
  private int[] opened(int[] ids) {
    int opening = vocabulary.openingToken();
    return opening < 0 || (ids.length > 0 && ids[0] == opening)
        ? ids
        : IntStream.concat(IntStream.of(opening), Arrays.stream(ids)).toArray();
  }

  @Override
  public void close() {
    scratch.close();
  }
}
