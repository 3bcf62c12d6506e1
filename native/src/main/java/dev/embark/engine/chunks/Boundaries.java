package dev.embark.engine.chunks;

import dev.embark.engine.options.ChunkOptions.Boundary;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Positions at which a text may be cut, in levels from the most to the least preferred. The last
 * levels are the same for every text: words, then grapheme clusters, then characters. The end of
 * the text is a boundary of every level. Levels are computed when they are first needed.
 */
final class Boundaries {
  private static final Pattern GRAPHEME = Pattern.compile("\\X");
  private static final int FIRST_MARK = 0x300;

  private final String text;
  private final Locale locale;
  private final List<Supplier<BitSet>> sources = new ArrayList<>(); // all but characters
  private final List<int[]> found; // per level, sorted; null if not computed yet
  private final int wordLevel;
  private final boolean hasClusters; // of more than one character
  private MarkdownBlocks markdown; // null if not computed yet, like the clusters
  private BitSet graphemes;

  Boundaries(String text, Boundary preferred, Locale locale) {
    this.text = text;
    this.locale = locale;
    this.hasClusters = text.chars().anyMatch(c -> c >= FIRST_MARK);
    switch (preferred) {
      case TOKEN -> {}
      case SENTENCE -> sources.addAll(List.of(this::sentences, this::lines));
      case PARAGRAPH -> sources.addAll(List.of(this::paragraphs, this::sentences, this::lines));
      case MARKDOWN ->
          sources.addAll(
              List.of(
                  () -> markdown().sections,
                  () -> markdown().blocks,
                  () -> markdown().allBlocks,
                  this::sentencesAndCode,
                  this::lines));
    }
    this.wordLevel = sources.size();
    sources.add(this::words);
    sources.add(this::graphemes);
    this.found = new ArrayList<>(Arrays.asList(new int[sources.size()][]));
    found.replaceAll(level -> null);
  }

  /** Returns the number of levels. */
  int levels() {
    return sources.size() + 1;
  }

  /** Returns the level of words; every later one is inside of words. */
  int wordLevel() {
    return wordLevel;
  }

  /** Returns the last boundary of a level at or before a position; 0 if there is none. */
  int atOrBefore(int level, int position) {
    if (position >= text.length()) {
      return text.length();
    }
    if (level == sources.size()) {
      return isInside(position) ? position - 1 : position;
    }
    int[] all = level(level);
    int index = Arrays.binarySearch(all, position);
    int last = index >= 0 ? index : -index - 2;
    return last < 0 ? 0 : all[last];
  }

  /** Returns the first boundary of a level after a position; the length if there is none. */
  int after(int level, int position) {
    if (position >= text.length() - 1) {
      return text.length();
    }
    if (level == sources.size()) {
      return isInside(position + 1) ? position + 2 : position + 1;
    }
    int[] all = level(level);
    int index = Arrays.binarySearch(all, position + 1);
    int first = index >= 0 ? index : -index - 1;
    return first < all.length ? all[first] : text.length();
  }

  /** Returns whether a position is between the halves of a character. */
  private boolean isInside(int position) {
    return position > 0
        && position < text.length()
        && Character.isLowSurrogate(text.charAt(position))
        && Character.isHighSurrogate(text.charAt(position - 1));
  }

  private int[] level(int level) {
    if (found.get(level) == null) {
      found.set(level, sources.get(level).get().stream().filter(i -> i > 0).toArray());
    }
    return found.get(level);
  }

  private MarkdownBlocks markdown() {
    if (markdown == null) {
      markdown = new MarkdownBlocks(text);
    }
    return markdown;
  }

  private BitSet sentences() {
    BitSet sentences = breaks(BreakIterator.getSentenceInstance(locale));
    // Headings and items of a list often lack a full stop.
    sentences.or(paragraphs());
    return sentences;
  }

  private BitSet sentencesAndCode() {
    BitSet both = sentences();
    both.andNot(markdown().code); // the first line of code begins a block
    both.or(markdown().codeLines);
    return both;
  }

  private BitSet lines() {
    BitSet starts = new BitSet();
    for (int start = 0; start < text.length(); start = Lines.end(text, start)) {
      starts.set(start);
    }
    return starts;
  }

  /** Returns the lines after blank lines, and those after a separator of paragraphs. */
  private BitSet paragraphs() {
    BitSet starts = new BitSet();
    boolean isAfter = true;
    for (int start = 0; start < text.length(); ) {
      int end = Lines.end(text, start);
      boolean isBlank = Lines.isBlank(text, start, end);
      if (isAfter && !isBlank) {
        starts.set(start);
      }
      isAfter = isBlank || text.charAt(end - 1) == '\u2029';
      start = end;
    }
    return starts;
  }

  /** Returns the starts and ends of words, except those between a word and punctuation after it. */
  private BitSet words() {
    BitSet words = breaks(BreakIterator.getWordInstance(locale));
    for (int i = words.nextSetBit(0); i >= 0; i = words.nextSetBit(i + 1)) {
      boolean isKept =
          i > 0
              && i < text.length()
              && (isWhite(text.codePointBefore(i))
                  || isWhite(text.codePointAt(i))
                  || Character.isLetterOrDigit(text.codePointAt(i)));
      words.set(i, isKept);
    }
    return words;
  }

  private static boolean isWhite(int c) {
    return c <= Character.MAX_VALUE && Lines.isWhite((char) c);
  }

  private BitSet breaks(BreakIterator iterator) {
    BitSet breaks = new BitSet();
    iterator.setText(text);
    for (int i = iterator.next(); i != BreakIterator.DONE; i = iterator.next()) {
      breaks.set(i);
    }
    if (hasClusters) {
      breaks.and(graphemes()); // Java's iterators cut sequences of emoji
    }
    return breaks;
  }

  private BitSet graphemes() {
    if (graphemes == null) {
      graphemes = new BitSet();
      for (Matcher each = GRAPHEME.matcher(text); each.find(); ) {
        graphemes.set(each.end());
      }
    }
    return graphemes;
  }
}
