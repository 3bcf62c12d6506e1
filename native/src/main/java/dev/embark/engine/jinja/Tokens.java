package dev.embark.engine.jinja;

import dev.embark.engine.jinja.Token.Kind;
import dev.embark.engine.jinja.values.JinjaException;
import java.util.List;

/** Cursor over the tokens of a template, shared by the parsers. Not thread-safe. */
final class Tokens {
  private static final int MAX_DEPTH = 200;

  private final List<Token> tokens;
  private int at;
  private int depth;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekNext() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean isNext(Kind kind) {
    return peek().kind() == kind;
  }

  boolean isOperator(String text) {
    return peek().is(Kind.OPERATOR, text);
  }

  boolean isName(String text) {
    return peek().is(Kind.NAME, text);
  }

  /** Takes the next token if it is this operator. */
  boolean skipOperator(String text) {
    return isOperator(text) && next() != null;
  }

  /** Takes the next token if it is this name. */
  boolean skipName(String text) {
    return isName(text) && next() != null;
  }

  void expectOperator(String text) {
    if (!skipOperator(text)) {
      throw unexpected(text);
    }
  }

  void expectName(String text) {
    if (!skipName(text)) {
      throw unexpected(text);
    }
  }

  String expectName() {
    if (!isNext(Kind.NAME)) {
      throw unexpected("a name");
    }
    return next().text();
  }

  void expect(Kind kind, String shown) {
    if (!isNext(kind)) {
      throw unexpected(shown);
    }
    next();
  }

  JinjaException unexpected(String wanted) {
    Token token = peek();
    String found =
        switch (token.kind()) {
          case END -> "the end of the template";
          case DATA -> "text";
          case STATEMENT_END, OUTPUT_END -> "the end of a tag";
          case STATEMENT_BEGIN, OUTPUT_BEGIN -> "a tag";
          default -> "'" + token.text() + "'";
        };
    return error("expected " + wanted + " and found " + found);
  }

  JinjaException error(String message) {
    return JinjaException.at(peek().line(), message);
  }

  /** Enters a nested construct; {@link #leave} leaves it. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("more than " + MAX_DEPTH + " levels of nesting");
    }
  }

  void leave() {
    depth--;
  }
}
