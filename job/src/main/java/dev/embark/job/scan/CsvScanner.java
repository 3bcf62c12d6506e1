package dev.embark.job.scan;

import static dev.embark.job.scan.CsvDialect.NONE;

import dev.embark.job.scan.TextFault.Kind;
import java.util.Optional;

/**
 * Detects CSV lines that Spark's reader would silently merge or truncate. Consumes the characters
 * of one file in order, in constant memory. Not thread-safe.
 *
 * <p>As in Spark, quotes inside an unquoted field are literal text.
 */
final class CsvScanner implements CharacterScanner {
  private static final int MOST_OF_HEADER =
      1 << 16; // maximum number of characters compared between files

  private enum State {
    LINE_START,
    FIELD_START,
    UNQUOTED,
    QUOTED,
    ESCAPED,
    AFTER_QUOTE,
    SPACE_AFTER_QUOTE,
    COMMENT
  }

  private enum LineEnd {
    UNKNOWN,
    LF,
    CRLF,
    CR,
    GIVEN,
    ANY
  }

  private final CsvDialect csv;
  private final StringBuilder header = new StringBuilder();

  private LineEnd lineEnd;
  private State state = State.LINE_START;
  private long line = 1;
  private long firstLine; // first line of the current row
  private long quoteLine;
  private int separated; // separator characters matched so far
  private int fields; // completed fields of the current line
  private int extra; // non-empty fields beyond the last column
  private boolean hasContent; // whether the current field has content
  private int columns;
  private boolean isHeader;
  private boolean sawReturn; // whether the previous character was an undecided carriage return
  private TextFault fault; // null until a fault is found

  CsvScanner(CsvDialect csv) {
    this.csv = csv;
    this.columns = csv.hasHeader() ? 0 : csv.columns();
    this.isHeader = csv.hasHeader();
    if (csv.lineEnd() != NONE) {
      lineEnd = LineEnd.GIVEN;
    } else {
      lineEnd = csv.isMultiLine() ? LineEnd.UNKNOWN : LineEnd.ANY;
    }
  }

  @Override
  public boolean take(char[] characters, int length) {
    for (int i = 0; i < length && fault == null; i++) {
      take(characters[i]);
    }
    return fault == null;
  }

  @Override
  public void end() {
    if (sawReturn && fault == null) {
      returnAlone();
    }
    if (fault != null) {
      return;
    }
    if (state == State.QUOTED || state == State.ESCAPED) {
      fault = TextFault.of(Kind.OPEN_QUOTE, quoteLine);
    } else if (state != State.LINE_START && state != State.COMMENT) {
      endLine();
    }
  }

  @Override
  public Optional<TextFault> fault() {
    return Optional.ofNullable(fault);
  }

  /** Returns the unquoted column names, one per line; empty without a header. */
  @Override
  public String header() {
    return header.toString();
  }

  private void take(char c) {
    if (sawReturn) {
      sawReturn = false;
      if (c == '\n') {
        if (lineEnd == LineEnd.UNKNOWN) {
          lineEnd = LineEnd.CRLF;
        }
        lineEnd();
        return;
      }
      returnAlone();
    }
    switch (lineEnd) {
      case GIVEN -> takeIn(c, c == csv.lineEnd());
      case UNKNOWN, ANY -> {
        if (c == '\r') {
          sawReturn = true;
          return;
        }
        if (c == '\n' && lineEnd == LineEnd.UNKNOWN) {
          lineEnd = LineEnd.LF;
        }
        takeIn(c, c == '\n');
      }
      case LF -> takeIn(c, c == '\n');
      case CR -> takeIn(c, c == '\r');
      case CRLF -> {
        if (c == '\r') {
          sawReturn = true;
        } else {
          takeIn(c, false);
        }
      }
    }
  }

  private void returnAlone() {
    sawReturn = false;
    if (lineEnd == LineEnd.UNKNOWN) {
      lineEnd = LineEnd.CR;
    }
    takeIn('\r', lineEnd != LineEnd.CRLF);
  }

  private void takeIn(char c, boolean endsLine) {
    if (fault != null) {
      return;
    }
    if (endsLine) {
      lineEnd();
    } else {
      if (c == '\n') {
        strayLineFeed();
      }
      field(c);
    }
  }

  private void strayLineFeed() {
    boolean isWithinQuotes = state == State.QUOTED || state == State.ESCAPED;
    if (!isWithinQuotes && state != State.COMMENT && lineEnd != LineEnd.GIVEN) {
      fault = TextFault.of(Kind.OTHER_LINE_END, line);
    }
    line++;
  }

  private void lineEnd() {
    switch (state) {
      case QUOTED, ESCAPED -> {
        if (!csv.isMultiLine()) {
          fault = TextFault.of(Kind.OPEN_QUOTE, line);
          return;
        }
        state = State.QUOTED;
        inHeader('\n');
      }
      case COMMENT, LINE_START -> state = State.LINE_START;
      default -> endLine();
    }
    line++;
  }

  private void field(char c) {
    if (state == State.QUOTED) { // the most frequent state of quoted data
      if (c == csv.quote()) {
        state = State.AFTER_QUOTE;
      } else if (c == csv.escape()) {
        state = State.ESCAPED;
      } else {
        inHeader(c);
      }
      return;
    }
    if (state == State.ESCAPED) {
      state = State.QUOTED;
      inHeader(c);
      return;
    }
    if (state == State.COMMENT) {
      return;
    }
    if (state == State.LINE_START) {
      if (c == csv.comment() && c != NONE) {
        state = State.COMMENT;
        return;
      }
      state = State.FIELD_START;
      firstLine = line;
    }
    if (c == csv.separator().charAt(separated)) {
      if (++separated == csv.separator().length()) {
        endField();
        state = State.FIELD_START;
      }
      return;
    }
    if (separated > 0) {
      content(csv.separator().charAt(0));
      separated = 0;
    }
    content(c);
  }

  /** Consumes a character of a field outside quotes. */
  private void content(char c) {
    switch (state) {
      case FIELD_START -> {
        if (c == csv.quote() && c != NONE) {
          state = State.QUOTED;
          quoteLine = line;
          hasContent = true;
        } else if (c > ' ' || !csv.skipsLeadingSpace()) {
          state = State.UNQUOTED;
          hasContent = true;
          inHeader(c);
        }
      }
      case UNQUOTED -> inHeader(c);
      case AFTER_QUOTE -> {
        if (c == csv.quote() && c == csv.escape()) {
          state = State.QUOTED;
          inHeader(c);
        } else {
          afterQuote(c);
        }
      }
      default -> afterQuote(c);
    }
  }

  private void afterQuote(char c) {
    if (c > ' ') {
      fault = TextFault.of(Kind.TEXT_AFTER_QUOTE, quoteLine);
    }
    state = State.SPACE_AFTER_QUOTE;
  }

  private void inHeader(char c) {
    if (isHeader && header.length() < MOST_OF_HEADER) {
      header.append(c);
    }
  }

  private void endField() {
    inHeader('\n');
    fields++;
    if (hasContent && fields > columns) {
      extra++;
    }
    separated = 0;
    hasContent = false;
  }

  private void endLine() {
    endField();
    if (isHeader) {
      columns = fields;
      isHeader = false;
    } else if (csv.checksColumns() && extra > 0) {
      fault = new TextFault(Kind.MORE_FIELDS, firstLine, fields, columns);
    } else if (csv.checksColumns() && fields < columns) {
      fault = new TextFault(Kind.FEWER_FIELDS, firstLine, fields, columns);
    }
    fields = 0;
    extra = 0;
    state = State.LINE_START;
  }
}
