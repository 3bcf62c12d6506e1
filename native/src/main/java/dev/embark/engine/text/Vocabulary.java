package dev.embark.engine.text;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.IntPointer;

/**
 * A model's vocabulary: converts bytes to token ids in time linear in the text and on a stack large
 * enough for it. Keeps no native memory. Thread-safe, like the underlying vocabulary of llama.cpp.
 */
public final class Vocabulary {
  // In every vocabulary a byte yields at most one token; a few special tokens surround the text.
  private static final int SPECIAL_TOKENS = 16;

  // Most byte-pair vocabularies split texts with std::regex, which recurses once per character of a
  // run of letters or digits. 4,000 digits crashed a process with a 1 MB stack.
  private static final Set<String> WITHOUT_REGEX = Set.of("bert", "llama", "t5");
  private static final int SHALLOW_BYTES = 1000;
  private static final long SHALLOW_STACK = 1 << 20;
  private static final long STACK_PER_BYTE = 1024;

  // Of a long text, a head that is likely to have enough tokens is tokenised first.
  private static final long BYTES_PER_TOKEN = 16;
  private static final long HEAD_GROWTH = 4;

  private static final byte[] NO_TEXT = {};
  private static final byte[] SOME_TEXT = {'a'};

  private final LlamaModel model;
  private final boolean recurses;
  private final boolean isSentencePiece;
  private final HeadCuts headCuts;
  private final int partBytes;
  private final TextNormalizer normalizer; // null if llama.cpp needs none

  public Vocabulary(LlamaModel model) {
    this(model, SentencePieceCuts.MIN_BYTES);
  }

  /**
   * Creates a vocabulary.
   *
   * @param partBytes size of the parts into which longer texts are split, if this vocabulary needs
   *     that
   */
  public Vocabulary(LlamaModel model, int partBytes) {
    this.model = model;
    this.partBytes = partBytes;
    String kind = model.metadata("tokenizer.ggml.model").orElse("none");
    this.recurses = !WITHOUT_REGEX.contains(kind);
    this.isSentencePiece = kind.equals("llama");
    this.normalizer =
        TextNormalizer.of(model, text -> copy(out -> write(text, text.length, out, 0, false)))
            .orElse(null);
    this.headCuts = new HeadCuts(model, normalizer);
  }

  /** Returns whether a token is a control token, which never comes from text. */
  boolean isControl(int token) {
    return model.isControl(token);
  }

  /**
   * Copies the text of a token; control tokens have none.
   *
   * @return the number of bytes, negative when {@code piece} is too small
   */
  public int piece(int token, byte[] piece) {
    return model.piece(token, piece);
  }

  /** Returns the token that opens every text, or -1. */
  int openingToken() {
    return model.openingToken();
  }

  /** Returns the token that closes every text, or -1. */
  int closingToken() {
    byte[] text = {'a'}; // a token in every vocabulary, if only the unknown one
    int[] bare = plain(text);
    int[] whole = copy(out -> write(text, text.length, out, Integer.MAX_VALUE, () -> false));
    int last = whole[whole.length - 1];
    boolean isBare =
        Arrays.equals(whole, whole.length - bare.length, whole.length, bare, 0, bare.length);
    return isBare ? -1 : last;
  }

  /** Returns whether a token ends an answer. */
  public boolean isEnd(int token) {
    return model.isEnd(token);
  }

  /**
   * Returns the ids of a trusted text, in which the spelling of a control token is that token. Adds
   * no special tokens.
   */
  public int[] trusted(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return copy(out -> call(utf8, utf8.length, out, 0, utf8.length + SPECIAL_TOKENS, false, true));
  }

  /** Returns the ids of a text without special tokens around it. */
  public int[] plain(byte[] utf8) {
    return copy(out -> write(utf8, utf8.length, out, false, Integer.MAX_VALUE, () -> false));
  }

  private static int[] copy(ToIntFunction<TokenizedTexts> writer) {
    try (TokenizedTexts out = new TokenizedTexts()) {
      out.clear(0);
      out.addSequence(0, writer.applyAsInt(out));
      return out.copy(0);
    }
  }

  /** Returns the number of special tokens around every text. */
  int tokensAroundText() {
    return around().length;
  }

  /** Returns the ids of the special tokens around every text. */
  int[] around() {
    return copy(out -> write(NO_TEXT, 0, out, 0, true));
  }

  /**
   * Writes the ids of {@code text[0 … length)} with special tokens around it after those of {@code
   * out}, without adding them to its size.
   *
   * @param enough ids beyond this number may be omitted, except the closing special tokens
   * @return number of ids written
   * @throws EmbarkException when the vocabulary cannot tokenise the text, or the work is cancelled
   */
  int write(byte[] text, int length, TokenizedTexts out, int enough, BooleanSupplier isCancelled) {
    return write(text, length, out, true, enough, isCancelled);
  }

  /** Writes the ids as above, with or without special tokens around the text. */
  int write(
      byte[] text,
      int length,
      TokenizedTexts out,
      boolean specialAround,
      int enough,
      BooleanSupplier isCancelled) {
    long head = headCuts.exist() ? Math.max(1, enough * BYTES_PER_TOKEN) : length;
    while (head < length) {
      EmbarkException.throwIf(isCancelled);
      int end = headCuts.next(text, (int) head, length);
      int n = end < length ? writeWhole(text, end, out, specialAround, enough, isCancelled) : 0;
      if (n > enough) {
        return n;
      }
      head = HEAD_GROWTH * Math.max(1, end);
    }
    return writeWhole(text, length, out, specialAround, enough, isCancelled);
  }

  /**
   * Returns whether all ids of a text are written whatever number is enough, so that their number
   * is that of the whole text.
   */
  boolean countsWhole(int length, int enough) {
    return length <= Math.min(enough * BYTES_PER_TOKEN, partBytes);
  }

  private int writeWhole(
      byte[] text,
      int length,
      TokenizedTexts out,
      boolean specialAround,
      int enough,
      BooleanSupplier isCancelled) {
    if (normalizer != null && !normalizer.isPlain(text, length)) {
      text = normalizer.rewrite(text, length);
      length = text.length;
    }
    return (isSentencePiece || headCuts.splitTexts()) && length > partBytes
        ? writeParts(Arrays.copyOf(text, length), out, specialAround, enough, isCancelled)
        : write(text, length, out, 0, specialAround);
  }

  private int writeParts(
      byte[] text,
      TokenizedTexts out,
      boolean specialAround,
      int enough,
      BooleanSupplier isCancelled) {
    int[] around = new int[specialAround ? write(NO_TEXT, 0, out, 0, true) : 0];
    for (int i = 0; i < around.length; i++) {
      around[i] = out.ids().get(out.size() + i);
    }
    int opening = specialAround && opensTexts(out) ? 1 : 0;
    out.reserve(around.length);
    for (int i = 0; i < opening; i++) {
      out.ids().put(out.size() + i, around[i]);
    }
    int n = opening;
    for (int from = 0; from < text.length && n <= enough; ) {
      EmbarkException.throwIf(isCancelled);
      SentencePieceCuts.Part part = part(text, from);
      n += write(text, part, part.afterSpace() ? pieceCuts().spaceTokens() : 0, out, n);
      from = part.end();
    }
    out.reserve(n + around.length);
    for (int i = opening; i < around.length; i++) {
      out.ids().put(out.size() + n++, around[i]);
    }
    return n;
  }

  private SentencePieceCuts.Part part(byte[] text, int from) {
    return isSentencePiece
        ? pieceCuts().next(text, from, partBytes)
        : new SentencePieceCuts.Part(
            from, headCuts.next(text, Math.min(from + partBytes, text.length), text.length), false);
  }

  private SentencePieceCuts pieceCuts() {
    return SentencePieceCuts.of(model);
  }

  /** Returns whether a special token precedes a text; overwrites the buffer after the ids. */
  private boolean opensTexts(TokenizedTexts out) {
    write(SOME_TEXT, 1, out, 0, false);
    int plain = out.ids().get(out.size());
    write(SOME_TEXT, 1, out, 0, true);
    return out.ids().get(out.size()) != plain;
  }

  /** Writes the ids of a part except the first {@code dropped}. */
  private int write(
      byte[] text, SentencePieceCuts.Part part, int dropped, TokenizedTexts out, int skipped) {
    byte[] bytes = Arrays.copyOfRange(text, part.start(), part.end());
    int n = write(bytes, bytes.length, out, skipped, false);
    long at = out.size() + skipped;
    for (int i = dropped; dropped > 0 && i < n; i++) {
      out.ids().put(at + i - dropped, out.ids().get(at + i));
    }
    return n - dropped;
  }

  /** Writes the ids of a text {@code skipped} ids after those of {@code out}. */
  private int write(byte[] text, int length, TokenizedTexts out, int skipped, boolean addSpecial) {
    int n = call(text, length, out, skipped, length + SPECIAL_TOKENS, addSpecial, false);
    return n >= 0 ? n : call(text, length, out, skipped, -n, addSpecial, false);
  }

  private int call(
      byte[] text,
      int length,
      TokenizedTexts out,
      int skipped,
      int room,
      boolean addSpecial,
      boolean parseSpecial) {
    IntPointer ids = out.reserve(skipped + room);
    long at = out.size() + skipped;
    try {
      return recurses && length > SHALLOW_BYTES
          ? DeepStack.call(
              SHALLOW_STACK + STACK_PER_BYTE * length,
              () -> call(text, length, ids, at, room, addSpecial, parseSpecial))
          : call(text, length, ids, at, room, addSpecial, parseSpecial);
    } catch (EmbarkException e) {
      throw e;
    } catch (RuntimeException e) {
      throw notTokenised(ByteBuffer.wrap(text, 0, length), e);
    }
  }

  private int call(
      byte[] text,
      int length,
      IntPointer ids,
      long at,
      int room,
      boolean addSpecial,
      boolean parseSpecial) {
    return model.tokenize(text, length, ids, at, room, addSpecial, parseSpecial);
  }

  /** Returns the error for a C++ exception of the vocabulary. */
  private static EmbarkException notTokenised(ByteBuffer text, RuntimeException cause) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(text);
      return new EmbarkException(
          Kind.MODEL,
          "The model's vocabulary cannot tokenise the text: " + cause.getMessage() + ".",
          cause);
    } catch (CharacterCodingException e) {
      return new EmbarkException(
          Kind.NOT_TEXT,
          "The bytes are not UTF-8, and code points beyond Unicode cannot be left out.",
          cause);
    }
  }
}
