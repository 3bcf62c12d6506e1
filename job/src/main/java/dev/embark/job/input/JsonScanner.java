package dev.embark.job.input;

import dev.embark.job.input.TextFault.Kind;
import java.util.Optional;

/**
 * Detects JSON documents that Spark's reader would silently drop: it reads one document per line
 * or, with multiLine, per file. Consumes the characters of one file in order, in constant memory.
 * Not thread-safe.
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
  private int depth; // open objects and arrays
  private char quote;
  private TextFault fault; // null until a fault is found

  JsonScanner(Documents documents) {
    this.documents = documents;
  }

  @Override
  public boolean take(char[] chars, int length) {
    for (int i = 0; i < length && fault == null; i++) {
      take(chars[i]);
    }
    return fault == null;
  }

  private void take(char c) {
    if (c == '\n') {
      line++;
      if (documents == Documents.ONE_PER_LINE) {
        state = State.BEFORE_DOCUMENT;
        depth = 0;
        return;
      }
    }
    switch (state) {
      case BEFORE_DOCUMENT -> {
        if (opens(c)) {
          depth = 1;
          state = State.IN_DOCUMENT;
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
        }
      }
      case NOT_A_DOCUMENT -> {}
    }
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
  public void end() {}

  @Override
  public Optional<TextFault> fault() {
    return Optional.ofNullable(fault);
  }
}
