package dev.embark.engine.chunks;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The parts of a text between any two neighbouring starts and ends of its chunks, and their tokens.
 * Without overlap a segment is a chunk and the white space before it, which vocabularies that keep
 * white space join to the word after it. A chunk is one or more segments.
 *
 * <pre>
 *  chunks    |-- 0 --|             |----- 2 -----|
 *                 |----- 1 -----|
 *  segments  |----|--|----------|-----|-----------|
 * </pre>
 */
final class TextSegments {
  /** Tokenises a part of the text. */
  interface BareTokenizer {
    /** Returns the ids of {@code text[begin, end)} without prompt and special tokens. */
    int[] ids(int begin, int end);
  }

  private final int[] cuts; // where segments begin, and where the last one ends
  private final int[] firsts; // per chunk, its first segment
  private final int[] ends; // per chunk, the segment after its last one
  private final int[][] ids; // per segment
  private final int[] before; // per segment and at the end, tokens of all segments before it

  TextSegments(String text, List<Span> spans) {
    int n = spans.size();
    int[] starts = new int[n];
    int[] lasts = spans.stream().mapToInt(Span::end).toArray();
    int ended = 0; // chunks that end before the current one begins
    for (int i = 0; i < n; i++) {
      int begin = spans.get(i).begin();
      while (lasts[ended] <= begin && ended < i) {
        ended++;
      }
      int earliest = ended == 0 ? spans.get(0).begin() : lasts[ended - 1];
      starts[i] = Lines.trimEnd(text, earliest, begin);
    }
    this.cuts =
        IntStream.concat(Arrays.stream(starts), Arrays.stream(lasts)).sorted().distinct().toArray();
    this.firsts = Arrays.stream(starts).map(this::segmentAt).toArray();
    this.ends = Arrays.stream(lasts).map(this::segmentAt).toArray();
    this.ids = new int[cuts.length - 1][];
    this.before = new int[cuts.length];
  }

  private int segmentAt(int position) {
    return Arrays.binarySearch(cuts, position);
  }

  void tokenize(BareTokenizer tokenizer) {
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokenizer.ids(cuts[i], cuts[i + 1]);
      before[i + 1] = before[i] + ids[i].length;
    }
  }

  /** Returns the number of tokens of a chunk. */
  int tokens(int chunk) {
    return before[ends[chunk]] - before[firsts[chunk]];
  }

  /** Returns the end of the first segment of a chunk. */
  int endOfFirst(int chunk) {
    return cuts[firsts[chunk] + 1];
  }

  /** Returns whether two chunks begin with the same segment. */
  boolean isAtStart(int chunk, int other) {
    return firsts[chunk] == firsts[other];
  }

  /** Returns the number of tokens from the start of a chunk to the start of a later one. */
  int tokensBetween(int chunk, int later) {
    return before[firsts[later]] - before[firsts[chunk]];
  }

  /**
   * Returns the number of tokens between the first segment of a chunk and a later chunk that begins
   * with another.
   */
  int tokensBefore(int chunk, int later) {
    return before[firsts[later]] - before[firsts[chunk] + 1];
  }

  /** Returns the number of tokens between the first segment of a chunk and the end of another. */
  int tokensAfterFirst(int chunk, int last) {
    return before[ends[last]] - before[firsts[chunk] + 1];
  }

  /** Copies those tokens. */
  void copyAfterFirst(int chunk, int last, int[] target, int at) {
    int to = at;
    for (int i = firsts[chunk] + 1; i < ends[last]; i++) {
      System.arraycopy(ids[i], 0, target, to, ids[i].length);
      to += ids[i].length;
    }
  }
}
