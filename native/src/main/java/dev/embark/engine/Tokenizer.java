package dev.embark.engine;

import dev.embark.engine.EmbeddingException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.IntPointer;

/**
 * Turns texts into the token sequences that a model is given: prefix, special tokens, and the
 * policy for long texts.
 *
 * <p>A literal {@code [SEP]} in a text is text, never the control token. Keeps no native memory.
 * For one thread; llama.cpp's vocabulary behind it is shared.
 */
final class Tokenizer {
  private static final int SHORT_BYTES = 4096;

  private final LlamaModel model;
  private final Vocabulary vocabulary;
  private final byte[] prefix;
  private final int maxTokens;
  private final LongText longText;
  private final int chunkOverlap;
  private byte[] joined; // the prefix, and room for a text behind it

  /**
   * @throws EmbeddingException of kind OPTION when {@code maxTokens} or {@code chunkOverlap} does
   *     not fit the model
   */
  Tokenizer(LlamaModel model, EmbedOptions options) {
    this.model = model;
    this.vocabulary = new Vocabulary(model);
    this.prefix = plain(options.prefix().orElseGet(model::prefix).getBytes(StandardCharsets.UTF_8));
    this.joined = prefix;
    this.longText = options.longText();
    this.chunkOverlap = options.chunkOverlap();
    int context = model.trainedContext();
    this.maxTokens = options.maxTokens().orElse(context);
    if (maxTokens > context) {
      throw new EmbeddingException(
          Kind.OPTION,
          "maxTokens is " + maxTokens + ", but the model's context is " + context + " tokens.");
    }
    if (longText == LongText.CHUNK) {
      chunkStep(maxTokens - vocabulary.tokensAroundText());
    }
  }

  /** Tokens of the longest sequence that it makes. */
  int maxTokens() {
    return maxTokens;
  }

  /**
   * Tokenises a window of texts.
   *
   * @param texts UTF-8; null for a NULL row; bytes that are not UTF-8 are left out
   * @param out cleared and filled; its outcomes hold the rows that failed
   * @param isCancelled asked before each text, and before each part of a long one
   * @throws EmbeddingException of kind CANCELLED
   */
  void tokenize(List<byte[]> texts, TokenizedTexts out, BooleanSupplier isCancelled) {
    out.clear(texts.size());
    for (int row = 0; row < texts.size(); row++) {
      EmbeddingException.throwIf(isCancelled);
      byte[] text = texts.get(row);
      if (text == null) {
        continue;
      }
      try {
        tokenize(row, text, out, isCancelled);
      } catch (EmbeddingException e) {
        if (e.kind() == Kind.CANCELLED) {
          throw e;
        }
        out.outcomes().setError(row, e);
      }
    }
  }

  private void tokenize(int row, byte[] text, TokenizedTexts out, BooleanSupplier isCancelled) {
    byte[] plain = plain(text);
    int length = prefix.length + plain.length;
    byte[] input = prefix.length == 0 ? plain : withPrefix(plain);
    int enough = longText == LongText.TRUNCATE ? maxTokens : Integer.MAX_VALUE;
    int n = vocabulary.write(input, length, out, enough, isCancelled);
    if (n == 0) {
      throw new EmbeddingException(
          Kind.EMPTY, "The text has no token in this model's vocabulary, so it has no vector.");
    }
    if (n <= maxTokens) {
      add(row, n, out);
      return;
    }
    switch (longText) {
      case ERROR ->
          throw new EmbeddingException(
              Kind.TOO_LONG,
              "The text has "
                  + n
                  + " tokens and maxTokens is "
                  + maxTokens
                  + "; longText=truncate or longText=chunk would embed it.");
      case TRUNCATE -> {
        truncate(n, out);
        out.outcomes().setTruncated(row);
        add(row, maxTokens, out);
      }
      case CHUNK -> chunk(row, n, out);
    }
  }

  private static void add(int row, int n, TokenizedTexts out) {
    out.addSequence(row, n);
    out.outcomes().addTokens(row, n);
  }

  /** Cuts the ids just written to maxTokens and puts the closing special token back. */
  private void truncate(int n, TokenizedTexts out) {
    IntPointer ids = out.ids();
    int last = ids.get(out.size() + n - 1);
    if (maxTokens > 1 && vocabulary.isControl(last)) {
      ids.put(out.size() + maxTokens - 1, last);
    }
  }

  /** Cuts the ids just written into windows that each carry the special tokens of the whole. */
  private void chunk(int row, int n, TokenizedTexts out) {
    int[] all = new int[n];
    out.ids().position(out.size()).get(all);
    out.ids().position(0);
    int head = vocabulary.isControl(all[0]) ? 1 : 0;
    int tail = n > head && vocabulary.isControl(all[n - 1]) ? 1 : 0;
    int window = maxTokens - head - tail;
    int step = chunkStep(window);
    int end = n - tail;
    for (int start = head; start < end; start += step) {
      int stop = Math.min(start + window, end);
      int length = head + (stop - start) + tail;
      IntPointer ids = out.reserve(length);
      long at = out.size();
      if (head == 1) {
        ids.put(at++, all[0]);
      }
      for (int i = start; i < stop; i++) {
        ids.put(at++, all[i]);
      }
      if (tail == 1) {
        ids.put(at, all[n - 1]);
      }
      add(row, length, out);
      if (stop == end) {
        break;
      }
    }
  }

  /** Tokens from the start of a chunk to that of the next, with {@code window} tokens of text. */
  private int chunkStep(int window) {
    if (window <= chunkOverlap) {
      throw new EmbeddingException(
          Kind.OPTION,
          "chunkOverlap is "
              + chunkOverlap
              + ", but a chunk of maxTokens="
              + maxTokens
              + " has room for "
              + window
              + " tokens of text; make chunkOverlap smaller or maxTokens larger.");
    }
    return window - chunkOverlap;
  }

  private byte[] plain(byte[] utf8) {
    return model.stripsAccents() ? AccentStripper.strip(utf8) : utf8;
  }

  /** The prefix and the text, in the first bytes of a buffer that short texts share. */
  private byte[] withPrefix(byte[] text) {
    int length = prefix.length + text.length;
    byte[] whole = joined;
    if (length > whole.length) {
      whole = Arrays.copyOf(prefix, Math.max(length, SHORT_BYTES));
      if (length <= SHORT_BYTES) {
        joined = whole;
      }
    }
    System.arraycopy(text, 0, whole, prefix.length, text.length);
    return whole;
  }
}
