package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code chunkBoundary}: where {@code embed_chunks} prefers to cut a text. */
public enum ChunkBoundary {
  /** Between words. */
  TOKEN,
  /** Between sentences. */
  SENTENCE,
  /** Between paragraphs, which end at a blank line. */
  PARAGRAPH,
  /** Before headings of Markdown, then between its blocks; fenced code stays in one chunk. */
  MARKDOWN;

  /** Returns the option value. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
