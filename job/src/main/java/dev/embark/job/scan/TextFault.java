package dev.embark.job.scan;

/**
 * A fault of a text file that Spark would misread.
 *
 * @param kind kind of fault
 * @param line line number, from 1
 * @param found number of fields in the line, or 0
 * @param expected expected number of fields, or 0
 */
record TextFault(Kind kind, long line, int found, int expected) {
  /** Kind of fault. */
  enum Kind {
    /** Bytes that are invalid in the encoding. */
    BYTES,
    /** Every second byte is zero although the encoding has single bytes. */
    LOOKS_LIKE_UTF_16LE,
    /** Every first byte of a pair is zero although the encoding has single bytes. */
    LOOKS_LIKE_UTF_16BE,
    /** A UTF-8 byte order mark in a file read with another encoding. */
    MARK_OF_UTF_8,
    /** An unclosed quoted field. */
    OPEN_QUOTE,
    /** A quoted field followed by text after its closing quote. */
    TEXT_AFTER_QUOTE,
    /** A line with another terminator than the first, at which Spark would not end the line. */
    OTHER_LINE_END,
    /** A JSON document after the one that Spark reads. */
    SECOND_DOCUMENT,
    /** Text after the JSON document that Spark reads. */
    TEXT_AFTER_DOCUMENT,
    /** A JSON document that continues on the next line although each line has its own. */
    OVER_LINES,
    /** A JSON document without an end in a file that is one document. */
    OPEN_DOCUMENT,
    MORE_FIELDS,
    FEWER_FIELDS
  }

  static TextFault of(Kind kind, long line) {
    return new TextFault(kind, line, 0, 0);
  }

  /** Returns this fault with the line number increased by the lines before the scanned part. */
  TextFault after(long lines) {
    return new TextFault(kind, line + lines, found, expected);
  }
}
