package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Namespace;
import dev.embark.engine.jinja.values.Values;
import java.util.ArrayList;
import java.util.List;

/** What a loop or an assignment assigns to. Immutable. */
@FunctionalInterface
interface Target {
  void assign(Scope scope, Object value);

  /** Parses names, attributes of namespaces, or several with commas between them. */
  static Target parse(Tokens tokens) {
    boolean enclosed = tokens.skipOperator("(");
    List<Target> targets = new ArrayList<>(List.of(single(tokens)));
    boolean isTuple = tokens.isOperator(",");
    while (tokens.skipOperator(",") && !tokens.isOperator(")")) {
      targets.add(single(tokens));
    }
    if (enclosed) {
      tokens.expectOperator(")");
    }
    if (!isTuple) {
      return targets.get(0);
    }
    return (scope, value) -> {
      List<?> items = Values.items(value);
      if (items.size() != targets.size()) {
        throw new JinjaException(
            items.size() + " values are assigned to " + targets.size() + " names");
      }
      for (int i = 0; i < items.size(); i++) {
        targets.get(i).assign(scope, items.get(i));
      }
    };
  }

  private static Target single(Tokens tokens) {
    if (tokens.isOperator("(")) {
      return parse(tokens);
    }
    String name = tokens.expectName();
    if (!tokens.skipOperator(".")) {
      return (scope, value) -> scope.set(name, value);
    }
    String attribute = tokens.expectName();
    return (scope, value) -> {
      if (!(scope.get(name) instanceof Namespace namespace)) {
        throw new JinjaException("'" + name + "' is no namespace, so its attributes cannot be set");
      }
      namespace.set(attribute, value);
    };
  }
}
