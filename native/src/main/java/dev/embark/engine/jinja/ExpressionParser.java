package dev.embark.engine.jinja;

import dev.embark.engine.jinja.Token.Kind;
import dev.embark.engine.jinja.values.Comparison;
import dev.embark.engine.jinja.values.Operators;
import dev.embark.engine.jinja.values.Undefined;
import dev.embark.engine.jinja.values.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Parses expressions with the precedences of Jinja. Owns the parser of their operands. Not
 * thread-safe.
 */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> ADDITIONS = Set.of("+", "-");
  private static final Set<String> CONCATENATIONS = Set.of("~");
  private static final Set<String> MULTIPLICATIONS = Set.of("*", "/", "//", "%");
  private static final Set<String> POWERS = Set.of("**");

  private final Tokens tokens;
  private final OperandParser operands;

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
    this.operands = new OperandParser(tokens, this);
  }

  /** Parses the name and the arguments of a filter. */
  Expression filter(Expression value) {
    return operands.filter(value);
  }

  /** Parses an expression, a conditional one included. */
  Expression expression() {
    tokens.enter();
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression condition = or();
      Expression then = value;
      Expression otherwise =
          tokens.skipName("else") ? expression() : scope -> new Undefined("the else of an if");
      value = scope -> (Values.isTrue(condition.in(scope)) ? then : otherwise).in(scope);
    }
    tokens.leave();
    return value;
  }

  /** Parses an expression, or several with commas between them as a list. */
  Expression tuple() {
    Expression first = expression();
    if (!tokens.isOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",") && !endsTuple()) {
      items.add(expression());
    }
    return list(items);
  }

  private boolean endsTuple() {
    return tokens.isNext(Kind.STATEMENT_END)
        || tokens.isNext(Kind.OUTPUT_END)
        || tokens.isOperator(")");
  }

  static Expression list(List<Expression> items) {
    return scope -> {
      List<Object> values = new ArrayList<>(items.size());
      items.forEach(item -> values.add(item.in(scope)));
      return values;
    };
  }

  /** Parses an expression without a condition, as the iterable of a loop is. */
  Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      Expression first = left;
      Expression second = and();
      left =
          scope -> {
            Object value = first.in(scope);
            return Values.isTrue(value) ? value : second.in(scope);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      Expression first = left;
      Expression second = not();
      left =
          scope -> {
            Object value = first.in(scope);
            return Values.isTrue(value) ? second.in(scope) : value;
          };
    }
    return left;
  }

  private Expression not() {
    if (tokens.isName("not") && !tokens.peekNext().is(Kind.NAME, "in")) {
      tokens.next();
      tokens.enter();
      Expression value = not();
      tokens.leave();
      return scope -> !Values.isTrue(value.in(scope));
    }
    return comparison();
  }

  private Expression comparison() {
    Expression first = binary(ADDITIONS, this::concatenation);
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    for (String operator = comparator(); operator != null; operator = comparator()) {
      operators.add(operator);
      operands.add(binary(ADDITIONS, this::concatenation));
    }
    if (operators.isEmpty()) {
      return first;
    }
    return scope -> {
      Comparison comparison = new Comparison(scope.rendering());
      Object left = first.in(scope);
      for (int i = 0; i < operators.size(); i++) {
        Object right = operands.get(i).in(scope);
        if (!comparison.holds(operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    };
  }

  private String comparator() {
    Token token = tokens.peek();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return tokens.next().text();
    } else if (tokens.skipName("in")) {
      return "in";
    } else if (tokens.isName("not") && tokens.peekNext().is(Kind.NAME, "in")) {
      tokens.next();
      tokens.next();
      return "not in";
    }
    return null;
  }

  private Expression concatenation() {
    return binary(
        CONCATENATIONS, () -> binary(MULTIPLICATIONS, () -> binary(POWERS, operands::operand)));
  }

  private Expression binary(Set<String> operators, Supplier<Expression> operand) {
    Expression left = operand.get();
    while (tokens.isNext(Kind.OPERATOR) && operators.contains(tokens.peek().text())) {
      String operator = tokens.next().text();
      Expression first = left;
      Expression second = operand.get();
      left =
          scope -> {
            Object result = Operators.apply(operator, first.in(scope), second.in(scope));
            scope.rendering().stepOver(result);
            return result;
          };
    }
    return left;
  }
}
