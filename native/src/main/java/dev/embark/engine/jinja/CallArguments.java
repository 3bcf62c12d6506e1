package dev.embark.engine.jinja;

import dev.embark.engine.jinja.Token.Kind;
import dev.embark.engine.jinja.values.Arguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parsed arguments of a call. Immutable. */
record CallArguments(List<Expression> positional, Map<String, Expression> named) {
  static final CallArguments NONE = new CallArguments(List.of(), Map.of());

  static CallArguments of(Expression argument) {
    return new CallArguments(List.of(argument), Map.of());
  }

  /** Parses arguments in parentheses. */
  static CallArguments parse(Tokens tokens, ExpressionParser expressions) {
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    tokens.expectOperator("(");
    boolean first = true;
    while (!tokens.skipOperator(")")) {
      if (!first) {
        tokens.expectOperator(",");
        if (tokens.skipOperator(")")) {
          break;
        }
      }
      first = false;
      if (tokens.isNext(Kind.NAME) && tokens.peekNext().is(Kind.OPERATOR, "=")) {
        String name = tokens.next().text();
        tokens.next();
        named.put(name, expressions.expression());
      } else {
        positional.add(expressions.expression());
      }
    }
    return new CallArguments(positional, named);
  }

  Arguments in(Scope scope) {
    List<Object> values = new ArrayList<>(positional.size());
    positional.forEach(argument -> values.add(value(argument, scope)));
    Map<String, Object> byName = new LinkedHashMap<>();
    named.forEach((name, argument) -> byName.put(name, value(argument, scope)));
    return new Arguments(values, byName);
  }

  private static Object value(Expression argument, Scope scope) {
    Object value = argument.in(scope);
    scope.rendering().stepOver(value);
    return value;
  }
}
