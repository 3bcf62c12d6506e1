package dev.embark.engine;

import dev.embark.engine.EmbeddingException.Kind;
import dev.embark.llama.Llama;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.IntPointer;

/**
 * Turns texts into the token sequences that a model is given: prefix, special tokens, and the
 * policy for long texts.
 *
 * <p>A literal {@code [SEP]} in a text is text, never the control token. Keeps no native memory.
 * For one thread; llama.cpp's vocabulary behind it is shared.
 */
final class Tokenizer {
  // A byte is at most one token in every vocabulary, plus what is added around a text.
  private static final int SPECIAL_TOKENS = 16;

  // Most byte-pair vocabularies split texts by std::regex, which recurses once for each character
  // of a run of letters or digits. 4,000 digits ended a process whose stack was of 1 MB.
  private static final Set<String> WITHOUT_REGEX = Set.of("bert", "llama", "t5");
  private static final int SHALLOW_BYTES = 1000;
  private static final long SHALLOW_STACK = 1 << 20;
  private static final long STACK_PER_BYTE = 1024;

  private final LlamaModel model;
  private final boolean recurses;
  private final byte[] prefix;
  private final int maxTokens;
  private final LongText longText;
  private final int chunkOverlap;

  /**
   * @throws EmbeddingException of kind OPTION when {@code maxTokens} or {@code chunkOverlap} does
   *     not fit the model
   */
  Tokenizer(LlamaModel model, EmbedOptions options) {
    this.model = model;
    this.recurses = !WITHOUT_REGEX.contains(model.metadata("tokenizer.ggml.model").orElse("none"));
    this.prefix = options.prefix().getBytes(StandardCharsets.UTF_8);
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
      chunkStep(maxTokens - tokensAroundText());
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
   */
  void tokenize(List<byte[]> texts, TokenizedTexts out) {
    out.clear(texts.size());
    for (int row = 0; row < texts.size(); row++) {
      byte[] text = texts.get(row);
      if (text == null) {
        continue;
      }
      try {
        tokenize(row, text, out);
      } catch (EmbeddingException e) {
        out.outcomes().setError(row, e);
      }
    }
  }

  private void tokenize(int row, byte[] text, TokenizedTexts out) {
    byte[] input = withPrefix(text);
    if (model.stripsAccents()) {
      input = AccentStripper.strip(input);
    }
    int n = write(input, out);
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

  /** Writes the ids of a text behind those of {@code out}, which does not count them yet. */
  private int write(byte[] text, TokenizedTexts out) {
    int room = text.length + SPECIAL_TOKENS;
    int n = call(text, out, room);
    return n >= 0 ? n : call(text, out, -n);
  }

  private int call(byte[] text, TokenizedTexts out, int room) {
    IntPointer ids = out.reserve(room);
    try {
      return recurses && text.length > SHALLOW_BYTES
          ? DeepStack.call(
              SHALLOW_STACK + STACK_PER_BYTE * text.length, () -> call(text, ids, out, room))
          : call(text, ids, out, room);
    } catch (EmbeddingException e) {
      throw e;
    } catch (RuntimeException e) {
      throw notTokenised(text, e);
    }
  }

  /** The error for a C++ exception of the vocabulary. */
  private static EmbeddingException notTokenised(byte[] text, RuntimeException cause) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
      return new EmbeddingException(
          Kind.MODEL,
          "The model's vocabulary cannot tokenise the text: " + cause.getMessage() + ".",
          cause);
    } catch (CharacterCodingException e) {
      return new EmbeddingException(
          Kind.NOT_TEXT,
          "The bytes are not UTF-8, and code points beyond Unicode cannot be left out.",
          cause);
    }
  }

  private int call(byte[] text, IntPointer ids, TokenizedTexts out, int room) {
    return Llama.embark_tokenize(
        model.handle(), text, text.length, ids, out.size(), room, true, false);
  }

  private static void add(int row, int n, TokenizedTexts out) {
    out.addSequence(row, n);
    out.outcomes().addTokens(row, n);
  }

  /** Cuts the ids just written to maxTokens and puts the closing special token back. */
  private void truncate(int n, TokenizedTexts out) {
    IntPointer ids = out.ids();
    int last = ids.get(out.size() + n - 1);
    if (maxTokens > 1 && isControl(last)) {
      ids.put(out.size() + maxTokens - 1, last);
    }
  }

  /** Cuts the ids just written into windows that each carry the special tokens of the whole. */
  private void chunk(int row, int n, TokenizedTexts out) {
    int[] all = new int[n];
    out.ids().position(out.size()).get(all);
    out.ids().position(0);
    int head = isControl(all[0]) ? 1 : 0;
    int tail = n > head && isControl(all[n - 1]) ? 1 : 0;
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

  /** Tokens that the vocabulary puts around every text. */
  private int tokensAroundText() {
    try (TokenizedTexts nothing = new TokenizedTexts()) {
      return write(new byte[0], nothing);
    }
  }

  private boolean isControl(int token) {
    return Llama.embark_token_is_control(model.handle(), token);
  }

  private byte[] withPrefix(byte[] text) {
    if (prefix.length == 0) {
      return text;
    }
    byte[] whole = new byte[prefix.length + text.length];
    System.arraycopy(prefix, 0, whole, 0, prefix.length);
    System.arraycopy(text, 0, whole, prefix.length, text.length);
    return whole;
  }
}
