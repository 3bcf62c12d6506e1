package dev.embark.engine.jinja;

import dev.embark.engine.jinja.Statement.Next;
import dev.embark.engine.jinja.Token.Kind;
import dev.embark.engine.jinja.values.Arguments;
import dev.embark.engine.jinja.values.Callable;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Values;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses the statements of a template. Not thread-safe. */
final class StatementParser {
  private static final String CAPTURED = "the text of a block"; // no name has blanks
  private static final Statement NOTHING = scope -> Next.STATEMENT;

  private final Tokens tokens;
  private final ExpressionParser expressions;
  private int loops; // around the current statement

  StatementParser(Tokens tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens);
  }

  /** Parses the whole template. */
  Statement template() {
    Statement all = until(Set.of());
    tokens.expect(Kind.END, "the end of the template");
    return all;
  }

  /** Parses up to a tag with one of these names, whose name is the next token then. */
  private Statement until(Set<String> ends) {
    tokens.enter();
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Token token = tokens.peek();
      switch (token.kind()) {
        case DATA -> {
          Text data = Text.of(tokens.next().text());
          statements.add(
              scope -> {
                scope.rendering().write(data);
                return Next.STATEMENT;
              });
        }
        case OUTPUT_BEGIN -> {
          tokens.next();
          statements.add(written(expressions.tuple()));
          tokens.expect(Kind.OUTPUT_END, "}}");
        }
        case STATEMENT_BEGIN -> {
          tokens.next();
          if (tokens.isNext(Kind.NAME) && ends.contains(tokens.peek().text())) {
            tokens.leave();
            return Statement.all(statements);
          }
          statements.add(statement());
        }
        default -> {
          if (!ends.isEmpty()) {
            throw tokens.unexpected(
                "the tag " + String.join(" or ", ends.stream().sorted().toList()));
          }
          tokens.leave();
          return Statement.all(statements);
        }
      }
    }
  }

  /** Parses up to the tag with this name, and the tag. */
  private Statement body(String end) {
    endTag();
    Statement body = until(Set.of(end));
    tokens.expectName(end);
    if (end.equals("endmacro") && tokens.isNext(Kind.NAME)) {
      tokens.next();
    }
    endTag();
    return body;
  }

  private void endTag() {
    tokens.expect(Kind.STATEMENT_END, "%}");
  }

  private static Statement written(Expression expression) {
    return scope -> {
      Object value = expression.in(scope);
      scope.rendering().write(Values.written(value));
      return Next.STATEMENT;
    };
  }

  private Statement statement() {
    String name = tokens.expectName();
    return switch (name) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> {
        Expression filters = filters(scope -> scope.get(CAPTURED));
        yield captured(body("endfilter"), written(filters));
      }
      case "with" -> with();
      case "generation" -> body("endgeneration");
      case "break", "continue" -> {
        if (loops == 0) {
          throw tokens.error("the tag " + name + " is outside of a loop");
        }
        endTag();
        Next next = name.equals("break") ? Next.END_OF_LOOP : Next.ITERATION;
        yield scope -> next;
      }
      default -> throw tokens.error("the tag " + name + " is not supported");
    };
  }

  private Statement condition() {
    Expression condition = expressions.tuple();
    endTag();
    Statement then = until(Set.of("elif", "else", "endif"));
    Statement otherwise = NOTHING;
    if (tokens.skipName("elif")) {
      tokens.enter();
      otherwise = condition(); // takes the tag endif
      tokens.leave();
    } else if (tokens.skipName("else")) {
      endTag();
      otherwise = until(Set.of("endif"));
      tokens.expectName("endif");
      endTag();
    } else {
      tokens.expectName("endif");
      endTag();
    }
    Statement rest = otherwise;
    return scope -> (Values.isTrue(condition.in(scope)) ? then : rest).run(scope);
  }

  private Statement loop() {
    Target target = Target.parse(tokens);
    tokens.expectName("in");
    Expression items = iterable();
    Expression condition = tokens.skipName("if") ? expressions.expression() : null;
    endTag();
    loops++;
    Statement body = until(Set.of("else", "endfor"));
    loops--;
    Statement otherwise = NOTHING;
    if (tokens.skipName("else")) {
      endTag();
      otherwise = until(Set.of("endfor"));
    }
    tokens.expectName("endfor");
    endTag();
    return new Loop(target, items, condition, body, otherwise);
  }

  private Expression iterable() {
    Expression first = expressions.or();
    if (!tokens.isOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      items.add(expressions.or());
    }
    return scope -> new ArrayList<>(items.stream().map(item -> item.in(scope)).toList());
  }

  private Statement assignment() {
    Target target = Target.parse(tokens);
    if (tokens.skipOperator("=")) {
      Expression value = expressions.tuple();
      endTag();
      return scope -> {
        target.assign(scope, value.in(scope));
        return Next.STATEMENT;
      };
    }
    Expression captured = scope -> scope.get(CAPTURED);
    Expression value = tokens.skipOperator("|") ? filters(captured) : captured;
    Statement body = body("endset");
    return scope -> {
      Scope inner = scope.inner();
      inner.set(CAPTURED, scope.rendering().capture(() -> body.run(scope.inner())));
      target.assign(scope, value.in(inner));
      return Next.STATEMENT;
    };
  }

  private Expression filters(Expression value) {
    Expression filtered = expressions.filter(value);
    while (tokens.skipOperator("|")) {
      filtered = expressions.filter(filtered);
    }
    return filtered;
  }

  private static Statement captured(Statement body, Statement user) {
    return scope -> {
      Scope inner = scope.inner();
      inner.set(CAPTURED, scope.rendering().capture(() -> body.run(scope.inner())));
      return user.run(inner);
    };
  }

  private Statement macro() {
    String name = tokens.expectName();
    Macro macro = parameters("endmacro");
    return scope -> {
      scope.set(name, macro.in(scope));
      return Next.STATEMENT;
    };
  }

  /** Parses parameters, if there are any, and the body up to a tag. */
  private Macro parameters(String end) {
    List<String> names = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.skipOperator(")")) {
      if (!names.isEmpty()) {
        tokens.expectOperator(",");
      }
      names.add(tokens.expectName());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.error("a parameter without a default follows one that has it");
      }
    }
    return new Macro(names, defaults, loopless(end));
  }

  /** A loop around a macro is none of its body. */
  private Statement loopless(String end) {
    int around = loops;
    loops = 0;
    Statement body = body(end);
    loops = around;
    return body;
  }

  private Statement callBlock() {
    List<String> names = new ArrayList<>();
    if (tokens.skipOperator("(")) {
      while (!tokens.skipOperator(")")) {
        if (!names.isEmpty()) {
          tokens.expectOperator(",");
        }
        names.add(tokens.expectName());
      }
    }
    String called = tokens.expectName();
    CallArguments arguments = CallArguments.parse(tokens, expressions);
    Macro caller = new Macro(names, List.of(), loopless("endcall"));
    return written(
        scope -> {
          if (!(scope.get(called) instanceof Callable callable)) {
            throw Values.wrong(scope.get(called), "a macro");
          }
          Arguments given = arguments.in(scope);
          Map<String, Object> named = new HashMap<>(given.named());
          named.put("caller", caller.in(scope));
          return callable.call(scope.rendering(), new Arguments(given.positional(), named));
        });
  }

  private Statement with() {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.isNext(Kind.STATEMENT_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      String name = tokens.expectName();
      targets.add((scope, value) -> scope.set(name, value));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    Statement body = body("endwith");
    return scope -> {
      Scope inner = scope.inner();
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).assign(inner, values.get(i).in(scope));
      }
      return body.run(inner);
    };
  }
}
