package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.Rendering;
import dev.embark.engine.jinja.values.Undefined;
import java.util.HashMap;
import java.util.Map;

/** Variables that a part of a template sees: its own and those of the scopes around it. */
final class Scope {
  private final Rendering rendering;
  private final Scope outer; // null for the outermost
  private final Map<String, Object> variables = new HashMap<>();

  Scope(Rendering rendering) {
    this.rendering = rendering;
    this.outer = null;
  }

  private Scope(Scope outer) {
    this.rendering = outer.rendering;
    this.outer = outer;
  }

  Scope inner() {
    return new Scope(this);
  }

  Rendering rendering() {
    return rendering;
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      if (scope.variables.containsKey(name)) {
        return scope.variables.get(name);
      }
    }
    return new Undefined(name);
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }
}
