package dev.embark.engine.text;

import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.LongText;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Tokenises texts as prompts: wraps each in the chat template and applies the policy for prompts
 * that are too long.
 *
 * <p>The spelling of a control token in a text remains text. Template and text are tokenised
 * separately, so no token spans their boundary. Owns a native buffer. Not thread-safe.
 */
public final class PromptTokenizer implements AutoCloseable {
  private final Vocabulary vocabulary;
  private final ChatTemplate template;
  private final int room;
  private final int maxTokens;
  private final LongText longText;
  private final TokenizedTexts scratch = new TokenizedTexts();

  /**
   * Creates a tokenizer.
   *
   * @param room tokens available to a prompt and its answer together
   * @throws EmbarkException of kind OPTION when the template is unavailable
   */
  public PromptTokenizer(
      LlamaModel model, Vocabulary vocabulary, GenerateOptions options, int room) {
    this.vocabulary = vocabulary;
    this.template = ChatTemplate.of(model, vocabulary, options);
    this.room = room;
    this.maxTokens = options.maxTokens();
    this.longText = options.longText();
  }

  /**
   * Tokenises the prompts of a window.
   *
   * @param texts UTF-8; null for a NULL row
   * @param outcomes receives token counts, truncations and errors of the rows
   * @return token ids per row; null for a row without a prompt
   * @throws EmbarkException of kind CANCELLED
   */
  public int[][] tokenize(List<byte[]> texts, GeneratedRows outcomes, BooleanSupplier isCancelled) {
    int[][] prompts = new int[texts.size()][];
    for (int row = 0; row < prompts.length; row++) {
      EmbarkException.throwIf(isCancelled);
      if (texts.get(row) == null) {
        continue;
      }
      try {
        prompts[row] = prompt(row, texts.get(row), outcomes, isCancelled);
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

  private int[] prompt(int row, byte[] text, GeneratedRows outcomes, BooleanSupplier isCancelled) {
    scratch.clear(0);
    int n = vocabulary.write(text, text.length, scratch, false, Integer.MAX_VALUE, isCancelled);
    if (n == 0) {
      throw new EmbarkException(
          Kind.EMPTY, "The prompt has no token in this model's vocabulary, so it has no answer.");
    }
    scratch.addSequence(row, n);
    int around = template.before().length + template.behind().length;
    if (around + n >= room) {
      n = truncated(row, n, around, outcomes);
    }
    int[] prompt = Arrays.copyOf(template.before(), around + n);
    System.arraycopy(scratch.copy(0), 0, prompt, template.before().length, n);
    System.arraycopy(
        template.behind(), 0, prompt, template.before().length + n, template.behind().length);
    return prompt;
  }

  /** Returns how many tokens of the text leave room for a full answer. */
  private int truncated(int row, int n, int around, GeneratedRows outcomes) {
    int kept = room - around - maxTokens;
    if (longText == LongText.ERROR || kept < 1) {
      throw new EmbarkException(
          Kind.TOO_LONG,
          "The prompt has "
              + (around + n)
              + " tokens, and it and its answer have room for "
              + room
              + (kept < 1 && longText == LongText.TRUNCATE
                  ? ", which maxTokens="
                      + maxTokens
                      + " fills; make contextTokens larger or"
                      + " maxTokens smaller."
                  : "; make contextTokens larger, if the model's context is, or cut it with"
                      + " longText=truncate."));
    }
    outcomes.setTruncated(row);
    return kept;
  }

  @Override
  public void close() {
    scratch.close();
  }
}
