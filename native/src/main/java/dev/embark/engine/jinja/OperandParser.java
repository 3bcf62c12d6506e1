package dev.embark.engine.jinja;

import dev.embark.engine.jinja.Token.Kind;
import dev.embark.engine.jinja.values.Callable;
import dev.embark.engine.jinja.values.Filters;
import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Members;
import dev.embark.engine.jinja.values.Operators;
import dev.embark.engine.jinja.values.Tests;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses the operands of expressions. Not thread-safe. */
final class OperandParser {
  private static final Set<String> NO_ARGUMENTS =
      Set.of("else", "or", "and", "if", "is", "in", "not");

  private final Tokens tokens;
  private final ExpressionParser expressions;

  OperandParser(Tokens tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  /** Parses an operand with its sign, members, calls, filters and tests. */
  Expression operand() {
    return filtered(signed());
  }

  private Expression signed() {
    if (tokens.isOperator("-") || tokens.isOperator("+")) {
      boolean negates = tokens.next().text().equals("-");
      tokens.enter();
      Expression value = signed();
      tokens.leave();
      return negates ? scope -> Operators.negated(value.in(scope)) : value;
    }
    return postfix(primary());
  }

  private Expression primary() {
    Token token = tokens.peek();
    switch (token.kind()) {
      case NAME -> {
        return name(tokens.next().text());
      }
      case STRING -> {
        StringBuilder value = new StringBuilder();
        while (tokens.isNext(Kind.STRING)) {
          value.append(tokens.next().text());
        }
        return constant(Text.of(value.toString()));
      }
      case INTEGER, FLOAT -> {
        try {
          return constant(
              token.kind() == Kind.INTEGER
                  ? (Object) Long.valueOf(token.text())
                  : Double.valueOf(token.text()));
        } catch (NumberFormatException e) {
          throw tokens.error("a number is too large");
        } finally {
          tokens.next();
        }
      }
      default -> {
        return bracketed();
      }
    }
  }

  private static Expression constant(Object value) {
    return scope -> {
      scope.rendering().step();
      return value;
    };
  }

  private static Expression name(String name) {
    return switch (name) {
      case "true", "True" -> constant(true);
      case "false", "False" -> constant(false);
      case "none", "None" -> constant(null);
      default ->
          scope -> {
            scope.rendering().step();
            return scope.get(name);
          };
    };
  }

  private Expression bracketed() {
    if (tokens.skipOperator("(")) {
      if (tokens.skipOperator(")")) {
        return ExpressionParser.list(List.of());
      }
      Expression value = expressions.tuple();
      tokens.expectOperator(")");
      return value;
    } else if (tokens.skipOperator("[")) {
      List<Expression> items = new ArrayList<>();
      while (!tokens.skipOperator("]")) {
        separate(items.isEmpty(), "]");
        if (!tokens.isOperator("]")) {
          items.add(expressions.expression());
        }
      }
      return ExpressionParser.list(items);
    } else if (tokens.skipOperator("{")) {
      return mapping();
    }
    throw tokens.unexpected("a value");
  }

  private void separate(boolean isFirst, String end) {
    if (!isFirst && !tokens.isOperator(end)) {
      tokens.expectOperator(",");
    }
  }

  private Expression mapping() {
    Map<Expression, Expression> entries = new LinkedHashMap<>();
    while (!tokens.skipOperator("}")) {
      separate(entries.isEmpty(), "}");
      if (!tokens.isOperator("}")) {
        Expression key = expressions.expression();
        tokens.expectOperator(":");
        entries.put(key, expressions.expression());
      }
    }
    return scope -> {
      Map<Object, Object> values = new LinkedHashMap<>();
      entries.forEach(
          (key, value) -> {
            Object name = key.in(scope);
            if (name instanceof List || name instanceof Map) {
              throw new JinjaException(Values.kind(name) + " is used as a key");
            }
            values.put(name, value.in(scope));
          });
      return values;
    };
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.isOperator(".") || tokens.isOperator("[")) {
        value = member(value);
      } else if (tokens.isOperator("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  private Expression member(Expression owner) {
    if (tokens.skipOperator(".")) {
      if (tokens.isNext(Kind.INTEGER)) {
        Long index = Long.valueOf(tokens.next().text());
        return scope -> Members.item(owner.in(scope), index);
      }
      String name = tokens.expectName();
      return scope -> {
        Object value = owner.in(scope);
        scope.rendering().stepOver(value);
        return Members.attribute(value, name);
      };
    }
    tokens.expectOperator("[");
    Expression first = tokens.isOperator(":") ? null : expressions.expression();
    if (tokens.skipOperator("]")) {
      return scope -> {
        Object value = owner.in(scope);
        scope.rendering().stepOver(value);
        return Members.item(value, first.in(scope));
      };
    }
    tokens.expectOperator(":");
    Expression second =
        tokens.isOperator(":") || tokens.isOperator("]") ? null : expressions.expression();
    Expression third =
        tokens.skipOperator(":") && !tokens.isOperator("]") ? expressions.expression() : null;
    tokens.expectOperator("]");
    return scope -> {
      Object value = owner.in(scope);
      scope.rendering().stepOver(value);
      return Members.slice(value, bound(first, scope), bound(second, scope), bound(third, scope));
    };
  }

  private static Object bound(Expression expression, Scope scope) {
    return expression == null ? null : expression.in(scope);
  }

  /** Parses filters and tests, which bind tighter than operators. */
  private Expression filtered(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.skipOperator("|")) {
        value = filter(value);
      } else if (tokens.skipName("is")) {
        value = test(value);
      } else if (tokens.isOperator("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  /** Parses the name and the arguments of a filter. */
  Expression filter(Expression value) {
    int line = tokens.peek().line();
    String name = tokens.expectName();
    boolean isKnown = Filters.named(name) != null;
    CallArguments arguments =
        tokens.isOperator("(") ? CallArguments.parse(tokens, expressions) : CallArguments.NONE;
    return scope -> {
      check(isKnown, line, "filter " + name);
      return Filters.apply(scope.rendering(), name, value.in(scope), arguments.in(scope));
    };
  }

  private Expression test(Expression value) {
    boolean negated = tokens.skipName("not");
    int line = tokens.peek().line();
    String name = tokens.expectName();
    boolean isKnown = Tests.isTest(name);
    CallArguments arguments = CallArguments.NONE;
    if (tokens.isOperator("(")) {
      arguments = CallArguments.parse(tokens, expressions);
    } else if (startsArgument()) {
      arguments = CallArguments.of(postfix(primary()));
    }
    CallArguments given = arguments;
    return scope -> {
      check(isKnown, line, "test " + name);
      return Tests.check(scope.rendering(), name, value.in(scope), given.in(scope)) != negated;
    };
  }

  /** Fails for an unknown name where it is used, as Jinja does: a template may never get there. */
  private static void check(boolean isKnown, int line, String what) {
    if (!isKnown) {
      throw JinjaException.at(line, "there is no " + what);
    }
  }

  private boolean startsArgument() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case NAME -> !NO_ARGUMENTS.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }

  private Expression call(Expression function) {
    CallArguments arguments = CallArguments.parse(tokens, expressions);
    return scope -> {
      Object called = function.in(scope);
      if (!(called instanceof Callable callable)) {
        throw Values.wrong(called, "a function");
      }
      Object result = callable.call(scope.rendering(), arguments.in(scope));
      scope.rendering().stepOver(result);
      return result;
    };
  }
}
