package dev.embark.job.scan;

import dev.embark.job.scan.TextFault.Kind;
import java.util.Optional;

/**
 * Detects JSON that Spark's reader would silently drop or tear apart: it reads one document per
 * line or, with multiLine, per file. Consumes the characters of one file in order, in constant
 * memory. Not thread-safe.
 */
final class JsonScanner implements CharacterScanner {
  /** How many documents Spark reads. */
  enum Documents {
    ONE_PER_LINE,
    ONE_PER_FILE
  }

  private enum State {
    BEFORE_DOCUMENT,
    IN_DOCUMENT,
    IN_STRING,
    AFTER_BACKSLASH,
    AFTER_DOCUMENT,
    NOT_A_DOCUMENT
  }

  private final Documents documents;
  private State state = State.BEFORE_DOCUMENT;
  private long line = 1;
  private long firstLine; // first line of the current document
  private int depth; // open objects and arrays
  private char opening; // first character of the current document
  private char last; // last character of the current document that is not white space
  private boolean isFirst; // whether no line has had a document yet
  private char quote;
  private TextFault fault; // null until a fault is found

  /**
   * @param isStart whether the characters begin with those of the file
   */
  JsonScanner(Documents documents, boolean isStart) {
    this.documents = documents;
    this.isFirst = isStart;
  }

  @Override
  public boolean take(char[] chars, int length) {
    for (int i = 0; i < length && fault == null; i++) {
      take(chars[i]);
    }
    return fault == null;
  }

  private void take(char c) {
    boolean endsLine = documents == Documents.ONE_PER_LINE && (c == '\n' || c == '\r');
    if (endsLine) {
      endLine();
    }
    if (c == '\n') {
      line++;
    }
    if (endsLine || fault != null) {
      return;
    }
    if (!Character.isWhitespace(c)) {
      last = c;
    }
    switch (state) {
      case BEFORE_DOCUMENT -> {
        if (opens(c)) {
          depth = 1;
          state = State.IN_DOCUMENT;
          opening = c;
          firstLine = line;
        } else if (!Character.isWhitespace(c)) {
          state = State.NOT_A_DOCUMENT; // Spark reports it as a corrupt record
        }
      }
      case IN_DOCUMENT -> inDocument(c);
      case IN_STRING -> {
        if (c == '\\') {
          state = State.AFTER_BACKSLASH;
        } else if (c == quote) {
          state = State.IN_DOCUMENT;
        }
      }
      case AFTER_BACKSLASH -> state = State.IN_STRING;
      case AFTER_DOCUMENT -> {
        if (opens(c)) {
          fault = TextFault.of(Kind.SECOND_DOCUMENT, line);
        } else if (!Character.isWhitespace(c) && c != ',') {
          fault = TextFault.of(Kind.TEXT_AFTER_DOCUMENT, line);
        }
      }
      case NOT_A_DOCUMENT -> {}
    }
  }

  /** Consumes the end of a line of a file that has one document per line. */
  private void endLine() {
    // Any other document without an end is a damaged one, which Spark keeps as a corrupt record.
    boolean goesOn =
        opening == '['
            || (last == '{' && depth == 1)
            || (isFirst && (last == '{' || last == '[' || last == ',' || last == ':'));
    if (state == State.IN_DOCUMENT && goesOn) {
      fault = TextFault.of(Kind.OVER_LINES, line);
    }
    isFirst &= state == State.BEFORE_DOCUMENT;
    state = State.BEFORE_DOCUMENT;
    depth = 0;
  }

  private void inDocument(char c) {
    if (c == '"' || c == '\'') { // Spark allows single quotes by default
      quote = c;
      state = State.IN_STRING;
    } else if (opens(c)) {
      depth++;
    } else if (c == '}' || c == ']') {
      depth--;
      if (depth == 0) {
        state = State.AFTER_DOCUMENT;
      }
    }
  }

  private static boolean opens(char c) {
    return c == '{' || c == '[';
  }

  @Override
  public void end() {
    boolean isOpen =
        state == State.IN_DOCUMENT || state == State.IN_STRING || state == State.AFTER_BACKSLASH;
    if (documents == Documents.ONE_PER_FILE && isOpen && fault == null) {
      fault = TextFault.of(Kind.OPEN_DOCUMENT, firstLine);
    }
  }

  @Override
  public Optional<TextFault> fault() {
    return Optional.ofNullable(fault);
  }
}
