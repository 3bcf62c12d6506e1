package dev.embark.engine.text;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import org.bytedeco.javacpp.IntPointer;

/**
 * Splits the token ids of a long text into overlapping chunks of at most {@code maxTokens}, each
 * with the prefix and the special tokens of the whole text.
 *
 * <pre>
 *  whole   [CLS] query : a b c d e f [SEP]
 *  chunks  [CLS] query : a b c [SEP]   [CLS] query : c d e [SEP]   [CLS] query : e f [SEP]
 * </pre>
 *
 * <p>Not thread-safe, because of a buffer.
 */
final class Chunker {
  private static final int LONGEST_PIECE = 512;

  private final Vocabulary vocabulary;
  private final int maxTokens;
  private final int overlap;
  private final int[] prefix;
  // Some vocabularies merge a space with the following word into one token. A chunk whose first
  // token contains such a space takes the prefix without its trailing space.
  private final int[] prefixBeforeSpace;
  private final byte[] piece = new byte[LONGEST_PIECE];

  /**
   * Creates a chunker.
   *
   * @param prefix ids of the prefix alone, without special tokens
   * @param prefixBeforeSpace the same for the prefix without its trailing space
   * @throws EmbarkException of kind OPTION when a chunk has no room for text beyond the overlap
   */
  Chunker(
      Vocabulary vocabulary, int maxTokens, int overlap, int[] prefix, int[] prefixBeforeSpace) {
    this.vocabulary = vocabulary;
    this.maxTokens = maxTokens;
    this.overlap = overlap;
    this.prefix = prefix;
    this.prefixBeforeSpace = prefixBeforeSpace;
    step(maxTokens - vocabulary.tokensAroundText() - prefix.length);
  }

  /** Replaces the {@code n} ids after those of {@code out} by the chunks of the row. */
  void cut(int row, int n, TokenizedTexts out) {
    int[] all = new int[n];
    out.ids().position(out.size()).get(all);
    out.ids().position(0);
    int head = vocabulary.isControl(all[0]) ? 1 : 0;
    int tail = n > head && vocabulary.isControl(all[n - 1]) ? 1 : 0;
    int end = n - tail;
    int begin = head + commonWithPrefix(all, head, end);
    int room = maxTokens - head - tail - prefix.length;
    int step = step(room);
    for (int start = begin; start < end; start += step) {
      int stop = Math.min(start + room, end);
      int[] before =
          start == begin ? Arrays.copyOfRange(all, head, begin) : prefixBefore(all[start]);
      int length = head + before.length + (stop - start) + tail;
      IntPointer ids = out.reserve(length);
      ids.position(out.size());
      ids.put(all, 0, head);
      ids.position(out.size() + head).put(before, 0, before.length);
      ids.position(out.size() + head + before.length).put(all, start, stop - start);
      ids.position(out.size() + length - tail).put(all, end, tail);
      ids.position(0);
      out.addSequence(row, length);
      out.outcomes().addTokens(row, length);
      if (stop == end) {
        break;
      }
    }
  }

  /** Returns the number of ids at the start of the text that belong to the prefix. */
  private int commonWithPrefix(int[] all, int head, int end) {
    int common = Arrays.mismatch(all, head, end, prefix, 0, prefix.length);
    return common < 0 ? prefix.length : common;
  }

  private int[] prefixBefore(int token) {
    return vocabulary.piece(token, piece) > 0 && piece[0] == ' ' ? prefixBeforeSpace : prefix;
  }

  /**
   * Returns the distance in tokens between the starts of neighbouring chunks that hold {@code room}
   * tokens of text.
   */
  private int step(int room) {
    if (room <= overlap) {
      throw new EmbarkException(
          Kind.OPTION,
          "chunkOverlap is "
              + overlap
              + ", but a chunk of maxTokens="
              + maxTokens
              + " has room for "
              + Math.max(0, room)
              + " tokens of text"
              + (prefix.length == 0
                  ? "; make chunkOverlap smaller or maxTokens larger."
                  : " behind the "
                      + prefix.length
                      + " of the prefix; make chunkOverlap or the prefix smaller or maxTokens"
                      + " larger."));
    }
    return room - overlap;
  }
}
