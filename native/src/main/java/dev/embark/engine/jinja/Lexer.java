package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Whitespace;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a template into tokens with Jinja's options {@code trim_blocks} and {@code lstrip_blocks}
 * on, as transformers sets them: a tag of a statement removes the blanks before it, if it opens a
 * line, and the line break after it. Not thread-safe.
 */
final class Lexer {
  private static final Pattern RAW = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-%\\}\\s*|%\\})");
  private static final Pattern END_RAW =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(\\+%\\}|-%\\}\\s*|%\\}\\n?)");
  private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
  private static final String OPERATORS = "+-/*%~[](){}<>=.:|,;";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private int lineCountedTo;

  Lexer(String source) {
    String unified = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source = unified.endsWith("\n") ? unified.substring(0, unified.length() - 1) : unified;
  }

  /** Returns the tokens; the last one is {@link Token.Kind#END}. */
  List<Token> tokens() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag == source.length()) {
        add(Token.Kind.DATA, source.substring(at));
        at = tag;
        break;
      }
      char kind = source.charAt(tag + 1);
      Matcher raw = RAW.matcher(source).region(tag, source.length());
      boolean isRaw = kind == '%' && raw.lookingAt();
      char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      data(source.substring(at, tag), sign, kind != '{');
      if (isRaw) {
        at = raw.end();
        raw();
      } else {
        at = tag + (sign == '-' || sign == '+' ? 3 : 2);
        if (kind == '#') {
          comment();
        } else {
          tag(kind == '%');
        }
      }
    }
    add(Token.Kind.END, "");
    return tokens;
  }

  private int nextTag() {
    for (int i = at; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "%{#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** Adds the data before a tag. */
  private void data(String data, char sign, boolean stripsBlanks) {
    String kept = data;
    if (sign == '-') {
      kept = data.substring(0, Whitespace.endOfText(data));
    } else if (sign != '+' && stripsBlanks) {
      int lineStart = data.lastIndexOf('\n') + 1;
      boolean opensLine = lineStart > 0 || at == 0 || source.charAt(at - 1) == '\n';
      if (opensLine && Whitespace.startOfText(data, lineStart) == data.length()) {
        kept = data.substring(0, lineStart);
      }
    }
    if (!kept.isEmpty()) {
      add(Token.Kind.DATA, kept);
    }
  }

  private void raw() {
    Matcher end = END_RAW.matcher(source);
    if (!end.find(at)) {
      throw JinjaException.at(line(), "the tag raw has no endraw");
    }
    String sign = end.group(1);
    data(source.substring(at, end.start()), sign.isEmpty() ? ' ' : sign.charAt(0), true);
    at = end.end();
  }

  private void comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw JinjaException.at(line(), "a comment does not end");
    }
    char sign = source.charAt(end - 1);
    at = end + 2;
    skipAfter(sign, true);
  }

  /** Skips the white space after the end of a tag. */
  private void skipAfter(char sign, boolean trimsLineBreak) {
    if (sign == '-') {
      at = Whitespace.startOfText(source, at);
    } else if (sign != '+' && trimsLineBreak && at < source.length() && source.charAt(at) == '\n') {
      at++;
    }
  }

  private void tag(boolean isStatement) {
    add(isStatement ? Token.Kind.STATEMENT_BEGIN : Token.Kind.OUTPUT_BEGIN, "");
    String end = isStatement ? "%}" : "}}";
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      at = Whitespace.startOfText(source, at);
      if (at >= source.length()) {
        throw JinjaException.at(line(), "a tag does not end with " + end);
      }
      char next = source.charAt(at);
      if (open.isEmpty()) {
        int signed = next == '-' || next == '+' && isStatement ? 1 : 0;
        if (source.startsWith(end, at + signed)) {
          add(isStatement ? Token.Kind.STATEMENT_END : Token.Kind.OUTPUT_END, "");
          at += signed + 2;
          skipAfter(signed == 1 ? next : ' ', isStatement);
          return;
        }
      }
      if ("([{".indexOf(next) >= 0) {
        open.push(next);
      } else if (")]}".indexOf(next) >= 0) {
        if (open.isEmpty() || "([{".indexOf(open.pop()) != ")]}".indexOf(next)) {
          throw JinjaException.at(line(), "an unexpected " + next);
        }
      }
      token(next);
    }
  }

  private void token(char next) {
    if (next == '\'' || next == '"') {
      string(next);
    } else if (isDigit(next)) {
      number();
    } else if (Character.isUnicodeIdentifierStart(next) || next == '_') {
      int start = at;
      while (at < source.length()
          && (Character.isUnicodeIdentifierPart(source.charAt(at)) || source.charAt(at) == '_')) {
        at++;
      }
      add(Token.Kind.NAME, source.substring(start, at));
    } else {
      String operator =
          LONG_OPERATORS.stream()
              .filter(candidate -> source.startsWith(candidate, at))
              .findFirst()
              .orElse(String.valueOf(next));
      if (operator.length() == 1 && OPERATORS.indexOf(next) < 0) {
        throw JinjaException.at(line(), "an unexpected " + next);
      }
      add(Token.Kind.OPERATOR, operator);
      at += operator.length();
    }
  }

  private void number() {
    int start = at;
    boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
    digits();
    boolean isFloat = false;
    if (!afterDot && at + 1 < source.length() && source.charAt(at) == '.' && isDigit(at + 1)) {
      at++;
      digits();
      isFloat = true;
    }
    if (!afterDot && at < source.length() && (source.charAt(at) | 0x20) == 'e') {
      int signed = at + 1 < source.length() && "+-".indexOf(source.charAt(at + 1)) >= 0 ? 2 : 1;
      if (isDigit(at + signed)) {
        at += signed;
        digits();
        isFloat = true;
      }
    }
    String digits = source.substring(start, at).replace("_", "");
    add(isFloat ? Token.Kind.FLOAT : Token.Kind.INTEGER, digits);
  }

  private void digits() {
    while (at < source.length() && (isDigit(at) || source.charAt(at) == '_')) {
      at++;
    }
  }

  private boolean isDigit(int index) {
    return index < source.length() && isDigit(source.charAt(index));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void string(char quote) {
    int start = at + 1;
    int end = start;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw JinjaException.at(line(), "a string does not end");
    }
    add(Token.Kind.STRING, Escapes.resolve(source.substring(start, end)));
    at = end + 1;
  }

  private void add(Token.Kind kind, String text) {
    tokens.add(new Token(kind, text, line()));
  }

  private int line() {
    for (; lineCountedTo < Math.min(at, source.length()); lineCountedTo++) {
      line += source.charAt(lineCountedTo) == '\n' ? 1 : 0;
    }
    return line;
  }
}
