package dev.embark.engine.chunks;

import dev.embark.engine.rows.EmbarkException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Splits one text into chunks, each as long as fits and ended by the best boundary that it reaches.
 *
 * <p>The number of tokens of a part of a text is not the difference of two numbers, since
 * vocabularies merge characters. So the end of a chunk is found by tokenising the chunk up to
 * several boundaries, each chosen by the number of tokens up to the one before: about four per
 * chunk.
 */
final class TextSplitter {
  /** Counts the tokens of {@code text[begin, end)} as a chunk. */
  interface TokenCounter {
    /** Returns the number of tokens, prompt and special tokens included. */
    int count(int begin, int end);
  }

  private static final int NONE = -1;
  private static final int USUAL_CHARACTERS_PER_TOKEN = 4;
  private static final int GROWTH = 4;
  private static final int ESTIMATES = 5; // then the middle, which bounds the number of steps

  private final String text;
  private final Boundaries boundaries;
  private final ChunkLimits limits;
  private final TokenCounter tokens;
  private final boolean keepsIndentation;
  private final boolean trims;
  private double charactersPerToken = USUAL_CHARACTERS_PER_TOKEN;

  /**
   * @param keepsIndentation whether a chunk that begins with a line keeps the spaces before it
   */
  TextSplitter(
      String text,
      Boundaries boundaries,
      ChunkLimits limits,
      boolean keepsIndentation,
      TokenCounter tokens) {
    this.text = text;
    this.boundaries = boundaries;
    this.limits = limits;
    this.keepsIndentation = keepsIndentation;
    this.tokens = tokens;
    this.trims = !Lines.isBlank(text, 0, text.length());
  }

  /**
   * The end of a chunk.
   *
   * @param position a boundary
   * @param level the level of the boundary
   */
  private record Cut(int position, int level) {}

  /**
   * Returns the chunks: all of the text except white space at their ends. A text that fits is one
   * chunk, white space included.
   *
   * @throws EmbarkException of kind TOO_LONG when a single character has more tokens than fit
   */
  List<Span> split() {
    if (text.isEmpty()) {
      return List.of(new Span(0, 0, tokens.count(0, 0)));
    }
    List<Span> spans = new ArrayList<>();
    int covered = contentStart(0);
    int begin = covered;
    do {
      Cut cut = cut(begin, covered);
      // Rather than a worse boundary because of an overlap, no overlap.
      Cut alone =
          begin < covered && (cut == null || cut.level() > 0) ? cut(covered, covered) : null;
      if (alone != null && (cut == null || alone.level() < cut.level())) {
        begin = covered;
        cut = alone;
      }
      if (cut == null) {
        int character = firstContent(covered);
        throw limits.tooManyTokens(
            tokens.count(character, boundaries.after(boundaries.levels() - 1, character)));
      }
      int end = contentEnd(begin, cut.position());
      spans.add(new Span(begin, end, tokens.count(begin, end)));
      covered = contentStart(cut.position());
      begin = covered < text.length() ? sharedStart(begin, end, covered) : covered;
    } while (covered < text.length());
    return spans.size() == 1 ? whole(spans) : spans;
  }

  private List<Span> whole(List<Span> one) {
    int all = tokens.count(0, text.length());
    return all > limits.chunkTokens() ? one : List.of(new Span(0, text.length(), all));
  }

  /**
   * Returns the end of a chunk; null if not even one character fits.
   *
   * @param covered end of the text that earlier chunks have, before which the chunk must not end
   */
  private Cut cut(int begin, int covered) {
    Search search =
        new Search(begin, firstContent(covered), text.length() + 1, limits.chunkTokens());
    for (int level = 0; level < boundaries.levels(); level++) {
      int last = search.farthest(level, end -> tokens.count(begin, contentEnd(begin, end)));
      if (last != NONE) {
        return new Cut(last, level);
      }
    }
    return null;
  }

  /**
   * Returns where the chunk after {@code text[begin, end)} begins, to share at most the overlap
   * with it: at a boundary of the best level that leaves anything to share.
   */
  private int sharedStart(int begin, int end, int covered) {
    if (limits.overlap() > 0) {
      int most = limits.overlap() + limits.emptyTokens();
      Search search = new Search(end, end, begin, most);
      for (int level = 0; level <= boundaries.wordLevel(); level++) {
        int first = search.farthest(level, start -> tokens.count(contentStart(start), end));
        if (first != NONE && contentStart(first) < end) {
          return contentStart(first);
        }
      }
    }
    return covered;
  }

  /**
   * Searches for the boundary that is the farthest from a fixed position with at most some tokens.
   */
  private final class Search {
    private final int fixed;
    private final int direction;
    private final int most;
    private int near; // the farthest known to fit, or the nearest that is no candidate
    private int far; // the nearest known not to fit, or the farthest that is no candidate
    private final int unknown; // far, as long as nothing is known not to fit
    private double next; // the position that the tokens of the last one let expect

    Search(int fixed, int near, int far, int most) {
      this.fixed = fixed;
      this.near = near;
      this.far = far;
      this.unknown = far;
      this.direction = far > near ? 1 : -1;
      this.most = most;
      this.next = fixed + direction * charactersPerToken * (most - limits.emptyTokens());
    }

    /** Returns the farthest boundary of a level that fits, or NONE. */
    int farthest(int level, IntUnaryOperator tokensTo) {
      int found = NONE;
      for (int step = 0; ; step++) {
        int at = nearest(level, step < ESTIMATES ? next : middle());
        if (at == NONE) {
          return found;
        }
        int measured = within(at);
        int n = tokensTo.applyAsInt(measured);
        if (n > most) {
          far = measured;
        } else if (measured == at) {
          near = at;
          found = at;
        }
        expect(measured, n);
      }
    }

    /**
     * Returns a boundary, or a nearer position if the boundary is so far that it hardly fits.
     * Otherwise the rest of a text without boundaries would be tokenised for every chunk.
     */
    private int within(int boundary) {
      double reach = fixed + GROWTH * Math.max(1, Math.abs(next - fixed));
      if (direction < 0 || boundary <= reach) {
        return boundary;
      }
      int nearer = boundaries.atOrBefore(boundaries.levels() - 1, (int) reach);
      return nearer > near ? nearer : boundary;
    }

    private double middle() {
      return far == unknown && direction > 0
          ? near + (double) GROWTH * Math.max(1, near - fixed)
          : (near + far) / 2.0;
    }

    private void expect(int at, int n) {
      double characters = Math.abs(at - fixed);
      double ofText = Math.max(1, n - limits.emptyTokens());
      if (direction > 0) {
        charactersPerToken = Math.max(characters / ofText, Double.MIN_NORMAL);
      }
      double expected = characters / ofText * (most - limits.emptyTokens());
      next = fixed + direction * Math.min(expected, GROWTH * Math.max(1, characters));
    }

    /** Returns the boundary between near and far next to a position, or NONE. */
    private int nearest(int level, double position) {
      int wanted = (int) Math.max(0, Math.min(text.length(), position));
      int at;
      if (direction > 0) {
        at = boundaries.atOrBefore(level, Math.min(wanted, far - 1));
        at = at <= near ? boundaries.after(level, near) : at;
        return at < far && at > near ? at : NONE;
      }
      at = boundaries.after(level, Math.max(wanted, far + 1) - 1);
      at = at >= near ? boundaries.atOrBefore(level, near - 1) : at;
      return at > far && at < near ? at : NONE;
    }
  }

  /** Returns where the text of a chunk begins that may begin at a position. */
  private int contentStart(int position) {
    int start = firstContent(position);
    int line = start;
    while (line > position && !Lines.isTerminator(text.charAt(line - 1))) {
      line--;
    }
    boolean isLine = line == 0 || Lines.isTerminator(text.charAt(line - 1));
    return keepsIndentation && isLine && start < text.length() ? line : start;
  }

  /** Returns the first position that is not left out at the start of a chunk. */
  private int firstContent(int position) {
    return trims ? Lines.skipWhite(text, position) : position;
  }

  private int contentEnd(int begin, int position) {
    return trims ? Lines.trimEnd(text, begin, position) : position;
  }
}
