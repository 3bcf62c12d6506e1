package dev.embark.job.input;

/**
 * Where a text file is not what Spark would take it for.
 *
 * @param kind of fault
 * @param line in which it is, from 1
 * @param found how many fields the line has, or 0
 * @param expected how many it should have, or 0
 */
record TextFault(Kind kind, long line, int found, int expected) {
  /** What is wrong. */
  enum Kind {
    /** Bytes that the encoding does not have. */
    BYTES,
    /** Every other byte is zero, in an encoding of single bytes. */
    LOOKS_LIKE_UTF_16LE,
    /** The same, the other way round. */
    LOOKS_LIKE_UTF_16BE,
    /** A byte order mark of UTF-8 in a file that is read in another encoding. */
    MARK_OF_UTF_8,
    /** A quoted field that does not end. */
    OPEN_QUOTE,
    /** A quoted field with text behind its closing quote. */
    TEXT_AFTER_QUOTE,
    /** A line that ends in another way than the first, and that Spark would not end. */
    OTHER_LINE_END,
    /** More fields than columns. */
    MORE_FIELDS,
    /** Fewer fields than columns. */
    FEWER_FIELDS
  }

  static TextFault of(Kind kind, long line) {
    return new TextFault(kind, line, 0, 0);
  }

  /** Returns the same of a file before whose scanned part there are lines. */
  TextFault after(long lines) {
    return new TextFault(kind, line + lines, found, expected);
  }
}
