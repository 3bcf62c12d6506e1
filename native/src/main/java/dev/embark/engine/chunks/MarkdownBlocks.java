package dev.embark.engine.chunks;

import java.util.BitSet;
import java.util.regex.Pattern;

/**
 * Boundaries of the blocks of a Markdown text: headings, paragraphs and fenced code (CommonMark),
 * read line by line. Lists, quotes and tables end at blank lines, as paragraphs do.
 */
final class MarkdownBlocks {
  private static final Pattern HEADING = Pattern.compile(" {0,3}#{1,6}(\\s.*)?");
  private static final Pattern UNDERLINE = Pattern.compile(" {0,3}(=+|-+)\\s*");
  private static final int SHORTEST_FENCE = 3;

  /** Before headings, except those directly below another one. */
  final BitSet sections = new BitSet();

  /** Before blocks that are not the first below a heading. */
  final BitSet blocks = new BitSet();

  /** Before every block. */
  final BitSet allBlocks = new BitSet();

  /** Before the lines of fenced code, and of nothing else. */
  final BitSet codeLines = new BitSet();

  /** All positions inside fenced code. */
  final BitSet code = new BitSet();

  private int paragraph = -1; // where the current one begins
  private boolean isBelowHeading; // whether only blank lines follow the last heading
  private boolean isBelow; // the same, when the current paragraph began
  private char fence; // 0 outside fenced code
  private int fenceLength;

  MarkdownBlocks(String text) {
    for (int start = 0; start < text.length(); ) {
      int end = Lines.end(text, start);
      line(text.substring(start, end), start, end);
      start = end;
    }
  }

  private void line(String line, int start, int end) {
    String content = line.strip();
    if (fence != 0) {
      codeLines.set(start);
      code.set(start, end);
      boolean closes =
          runOf(content, fence) >= fenceLength && runOf(content, fence) == content.length();
      fence = closes ? 0 : fence;
    } else if (content.isEmpty()) {
      paragraph = -1;
    } else if (isFence(content)) {
      block(start);
      fence = content.charAt(0);
      fenceLength = runOf(content, fence);
      code.set(start, end);
      paragraph = -1;
    } else if (HEADING.matcher(line.stripTrailing()).matches()) {
      heading(start);
    } else if (paragraph >= 0 && UNDERLINE.matcher(line.stripTrailing()).matches()) {
      isBelowHeading = isBelow;
      heading(paragraph);
    } else if (paragraph < 0) {
      isBelow = isBelowHeading;
      block(start);
      paragraph = start;
    }
  }

  private static boolean isFence(String content) {
    int ticks = runOf(content, '`');
    return ticks >= SHORTEST_FENCE
        ? content.indexOf('`', ticks) < 0
        : runOf(content, '~') >= SHORTEST_FENCE;
  }

  private static int runOf(String content, char c) {
    int n = 0;
    while (n < content.length() && content.charAt(n) == c) {
      n++;
    }
    return n;
  }

  private void heading(int start) {
    allBlocks.set(start);
    blocks.set(start, !isBelowHeading);
    sections.set(start, !isBelowHeading);
    isBelowHeading = true;
    paragraph = -1;
  }

  private void block(int start) {
    allBlocks.set(start);
    blocks.set(start, !isBelowHeading);
    isBelowHeading = false;
  }
}
