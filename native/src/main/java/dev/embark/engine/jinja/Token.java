package dev.embark.engine.jinja;

/**
 * A token of a template.
 *
 * @param text the data between tags, a name, an operator, the digits of a number, or the value of a
 *     string
 * @param line counted from 1
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    DATA,
    STATEMENT_BEGIN,
    STATEMENT_END,
    OUTPUT_BEGIN,
    OUTPUT_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(Kind wanted, String wantedText) {
    return kind == wanted && text.equals(wantedText);
  }
}
