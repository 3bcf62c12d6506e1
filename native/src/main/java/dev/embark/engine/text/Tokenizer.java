package dev.embark.engine.text;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.LongText;
import dev.embark.engine.prompts.ModelPrompts;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.IntPointer;

/**
 * Tokenises texts into the sequences that an embedding model processes: adds the prefix and special
 * tokens and applies the policy for long texts.
 *
 * <p>A literal {@code [SEP]} in a text is text, never the control token. Keeps no native memory.
 * Not thread-safe, although the underlying vocabulary of llama.cpp is shared.
 */
public final class Tokenizer {
  private static final int SHORT_BYTES = 4096;

  private final Vocabulary vocabulary;
  private final byte[] prefix;
  private final int maxTokens;
  private final LongText longText;
  private final Chunker chunker; // null unless long texts are chunked
  private byte[] joined; // the prefix, followed by room for a text

  /**
   * Creates a tokenizer.
   *
   * @throws EmbarkException of kind OPTION when {@code maxTokens}, {@code chunkOverlap} or {@code
   *     role} does not fit the model
   */
  public Tokenizer(LlamaModel model, EmbedOptions options) {
    this.vocabulary = new Vocabulary(model);
    this.prefix = ModelPrompts.prefix(options, model::metadata).getBytes(StandardCharsets.UTF_8);
    this.joined = prefix;
    this.longText = options.longText();
    int context = model.trainedContext();
    this.maxTokens = options.maxTokens().orElse(context);
    if (maxTokens > context) {
      throw new EmbarkException(
          Kind.OPTION,
          "maxTokens is " + maxTokens + ", but the model's context is " + context + " tokens.");
    }
    this.chunker = longText == LongText.CHUNK ? chunker(options.chunkOverlap()) : null;
  }

  private Chunker chunker(int overlap) {
    boolean spaced = prefix.length > 0 && prefix[prefix.length - 1] == ' ';
    int[] ids = vocabulary.plain(prefix);
    return new Chunker(
        vocabulary,
        maxTokens,
        overlap,
        ids,
        spaced ? vocabulary.plain(Arrays.copyOf(prefix, prefix.length - 1)) : ids);
  }

  /** Returns the maximum length of a sequence in tokens. */
  int maxTokens() {
    return maxTokens;
  }

  /**
   * Tokenises a window of texts.
   *
   * @param texts UTF-8; null for a NULL row; bytes that are not UTF-8 are dropped
   * @param out cleared and filled; its outcomes report the rows that failed
   * @param isCancelled polled before each text and before each part of a long one
   * @throws EmbarkException of kind CANCELLED
   */
  public void tokenize(List<byte[]> texts, TokenizedTexts out, BooleanSupplier isCancelled) {
    out.clear(texts.size());
    for (int row = 0; row < texts.size(); row++) {
      EmbarkException.throwIf(isCancelled);
      byte[] text = texts.get(row);
      if (text == null) {
        continue;
      }
      try {
        tokenize(row, text, out, isCancelled);
      } catch (EmbarkException e) {
        if (e.kind() == Kind.CANCELLED) {
          throw e;
        }
        out.outcomes().setError(row, e);
      }
    }
  }

  /**
   * Writes the ids of a part of a text, as a text of its own, after those of {@code out}, without
   * adding them to its size.
   *
   * @param text UTF-8; {@code text[from … to)} is the part
   * @return number of ids, with those of the prefix and special tokens
   * @throws EmbarkException when the vocabulary cannot tokenise the text, or the work is cancelled
   */
  public int write(byte[] text, int from, int to, TokenizedTexts out, BooleanSupplier isCancelled) {
    int length = prefix.length + to - from;
    return vocabulary.write(
        withPrefix(text, from, to), length, out, Integer.MAX_VALUE, isCancelled);
  }

  /**
   * Writes the ids of a part of a text without prefix and special tokens, otherwise as {@link
   * #write}.
   */
  public int writeBare(
      byte[] text, int from, int to, TokenizedTexts out, BooleanSupplier isCancelled) {
    byte[] part = Arrays.copyOfRange(text, from, to);
    return vocabulary.write(part, part.length, out, false, Integer.MAX_VALUE, isCancelled);
  }

  /** Returns the token that closes every text, or -1. */
  public int closingToken() {
    return vocabulary.closingToken();
  }

  private void tokenize(int row, byte[] text, TokenizedTexts out, BooleanSupplier isCancelled) {
    int length = prefix.length + text.length;
    byte[] input = prefix.length == 0 ? text : withPrefix(text, 0, text.length);
    int enough = longText == LongText.CHUNK ? Integer.MAX_VALUE : maxTokens;
    int n = vocabulary.write(input, length, out, enough, isCancelled);
    if (n == 0) {
      throw new EmbarkException(
          Kind.EMPTY, "The text has no token in this model's vocabulary, so it has no vector.");
    }
    if (n <= maxTokens) {
      add(row, n, out);
      return;
    }
    switch (longText) {
      case ERROR ->
          throw new EmbarkException(
              Kind.TOO_LONG,
              "The text has "
                  + (vocabulary.countsWhole(length, enough) ? "" : "at least ")
                  + n
                  + " tokens and maxTokens is "
                  + maxTokens
                  + "; longText=truncate or longText=chunk would embed it.");
      case TRUNCATE -> {
        truncate(n, out);
        out.outcomes().setTruncated(row);
        add(row, maxTokens, out);
      }
      case CHUNK -> chunker.cut(row, n, out);
    }
  }

  private static void add(int row, int n, TokenizedTexts out) {
    out.addSequence(row, n);
    out.outcomes().addTokens(row, n);
  }

  /** Truncates the ids just written to maxTokens and restores the closing special token. */
  private void truncate(int n, TokenizedTexts out) {
    IntPointer ids = out.ids();
    int last = ids.get(out.size() + n - 1);
    if (maxTokens > 1 && vocabulary.isControl(last)) {
      ids.put(out.size() + maxTokens - 1, last);
    }
  }

  /** Returns prefix and part of a text in the first bytes of a buffer that short texts share. */
  private byte[] withPrefix(byte[] text, int from, int to) {
    int length = prefix.length + to - from;
    byte[] whole = joined;
    if (length > whole.length) {
      whole = Arrays.copyOf(prefix, Math.max(length, SHORT_BYTES));
      if (length <= SHORT_BYTES) {
        joined = whole;
      }
    }
    System.arraycopy(text, from, whole, prefix.length, to - from);
    return whole;
  }
}
