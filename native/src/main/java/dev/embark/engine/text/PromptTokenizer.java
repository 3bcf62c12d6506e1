package dev.embark.engine.text;

import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.LongText;
import dev.embark.engine.options.TruncateSide;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.llama.LlamaModel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Tokenises texts as prompts: writes each into the chat template and applies the policy for prompts
 * that are too long, which cuts the text of the user alone.
 *
 * <p>The spelling of a control token in a text or in the system message remains text. Owns a native
 * buffer. Not thread-safe.
 */
public final class PromptTokenizer implements AutoCloseable {
  // More than any context holds, and fewer than a template may be given.
  private static final int MANY_CHARACTERS = Text.MAX_LENGTH / 2;

  private final ChatTemplate template;
  private final int room;
  private final int maxTokens;
  private final LongText longText;
  private final TruncateSide truncateSide;
  private final ChatTokenizer tokenizer;
  private final String before; // in the message of each text
  private final String behind;

  /**
   * Creates a tokenizer.
   *
   * @param room tokens available to a prompt and its answer together
   * @throws EmbarkException of kind OPTION when the template is unavailable
   */
  public PromptTokenizer(
      LlamaModel model, Vocabulary vocabulary, GenerateOptions options, int room) {
    this(model, vocabulary, options, room, "", "");
  }

  /**
   * Creates a tokenizer of texts in a larger message, which is never cut.
   *
   * @param before what precedes each text in its message
   * @param behindPlain what follows it unless a chat template ends the message
   */
  public PromptTokenizer(
      LlamaModel model,
      Vocabulary vocabulary,
      GenerateOptions options,
      int room,
      String before,
      String behindPlain) {
    this.template = ChatTemplate.of(model, options);
    this.before = before;
    this.behind = template.isChat() ? "" : behindPlain;
    this.room = room;
    this.maxTokens = options.maxTokens();
    this.longText = options.longText();
    this.truncateSide = options.truncateSide();
    this.tokenizer = new ChatTokenizer(model, vocabulary);
  }

  /**
   * Tokenises the prompts of a window.
   *
   * @param texts UTF-8; null for a NULL row
   * @param outcomes receives token counts, truncations and errors of the rows
   * @return token ids per row; null for a row without a prompt
   * @throws EmbarkException of kind CANCELLED
   */
  public int[][] tokenize(List<byte[]> texts, RowOutcomes outcomes, BooleanSupplier isCancelled) {
    int[][] prompts = new int[texts.size()][];
    for (int row = 0; row < prompts.length; row++) {
      EmbarkException.throwIf(isCancelled);
      if (texts.get(row) == null) {
        continue;
      }
      try {
        String text = new String(texts.get(row), StandardCharsets.UTF_8);
        prompts[row] = prompt(row, text, outcomes, isCancelled);
        outcomes.addTokens(row, prompts[row].length);
      } catch (EmbarkException e) {
        if (e.kind() == Kind.CANCELLED) {
          throw e;
        }
        outcomes.setError(row, e);
      }
    }
    return prompts;
  }

  private int[] prompt(int row, String text, RowOutcomes outcomes, BooleanSupplier isCancelled) {
    int n = tokenizer.count(text, isCancelled);
    if (n == 0) {
      throw new EmbarkException(
          Kind.EMPTY, "The prompt has no token in this model's vocabulary, so it has no answer.");
    }
    String given = text.length() > MANY_CHARACTERS ? truncateSide.cut(text, MANY_CHARACTERS) : text;
    int[] prompt = ids(given, isCancelled);
    if (prompt.length < room) {
      return prompt;
    }
    if (longText == LongText.ERROR) {
      throw tooLong(
          prompt.length,
          "; make contextTokens larger, if the model's context is, or cut it with"
              + " longText=truncate.");
    }
    int[] cut = longestCut(given, n, isCancelled);
    if (cut == null) {
      throw tooLong(
          prompt.length,
          ", which what surrounds the text (chat template, system message, instruction) and "
              + maxTokens
              + " tokens kept for an answer fill; make contextTokens larger, or let them take less.");
    }
    outcomes.setTruncated(row);
    return cut;
  }

  private int[] ids(String text, BooleanSupplier isCancelled) {
    return tokenizer.ids(template.format(before + text + behind), isCancelled);
  }

  /** Returns whether texts become messages of a chat. */
  public boolean isChat() {
    return template.isChat();
  }

  /** Returns the ids that prompts begin with, whatever their text, if no token spans its start. */
  public int[] start() {
    int[] one = ids("a", () -> false);
    int[] other = ids("1", () -> false);
    int same = Arrays.mismatch(one, other);
    return Arrays.copyOf(one, Math.max(0, same));
  }

  /**
   * Returns the ids of an answer where it follows a prompt; those of the answer by itself if its
   * start and the end of the prompt have a token in common, which a model cannot continue.
   */
  public int[] continuation(String answer) {
    Text prompt = template.format(before + "a" + behind);
    int[] start = tokenizer.ids(prompt, () -> false);
    int[] whole = tokenizer.ids(prompt.plus(Text.of(answer, Origin.USER)), () -> false);
    return whole.length > start.length
            && Arrays.equals(start, 0, start.length, whole, 0, start.length)
        ? Arrays.copyOfRange(whole, start.length, whole.length)
        : tokenizer.plain(answer, () -> false);
  }

  private EmbarkException tooLong(int tokens, String rest) {
    return new EmbarkException(
        Kind.TOO_LONG,
        "The prompt has " + tokens + " tokens, and it and its answer have room for " + room + rest);
  }

  /**
   * Returns the prompt with as much of the text as leaves room for a full answer; null if that is
   * nothing.
   *
   * @param n tokens of the text
   */
  private int[] longestCut(String text, int n, BooleanSupplier isCancelled) {
    int[] best = null;
    int fits = 0; // characters
    int exceeds = text.length();
    // Tokens are about equally long, so the first guesses enclose the result closely.
    double guess = (double) text.length() * Math.max(1, room - maxTokens) / n;
    for (int i = 0; exceeds - fits > 1; i++) {
      EmbarkException.throwIf(isCancelled);
      double next = i == 0 ? guess : i == 1 ? guess * (best == null ? 0.8 : 1.2) : 0;
      int kept =
          next > fits && next < exceeds ? (int) Math.ceil(next) : fits + (exceeds - fits) / 2;
      kept = Math.min(kept, exceeds - 1);
      int[] prompt = ids(truncateSide.cut(text, kept), isCancelled);
      if (prompt.length <= room - maxTokens) {
        best = prompt;
        fits = kept;
      } else {
        exceeds = kept;
      }
    }
    return best;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
