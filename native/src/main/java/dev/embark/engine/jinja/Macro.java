package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.Arguments;
import dev.embark.engine.jinja.values.Callable;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Body of statements with parameters, as a macro or a call block defines it.
 *
 * @param defaults values of the last parameters
 */
record Macro(List<String> parameters, List<Expression> defaults, Statement body) {
  /** Returns the function that the body is in a scope. */
  Callable in(Scope definition) {
    return (rendering, arguments) ->
        rendering.capture(() -> body.run(bound(definition.inner(), arguments)));
  }

  private Scope bound(Scope scope, Arguments arguments) {
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      int defaultIndex = i - parameters.size() + defaults.size();
      if (i < arguments.size()) {
        scope.set(name, arguments.positional().get(i));
      } else if (named.containsKey(name)) {
        scope.set(name, named.remove(name));
      } else {
        scope.set(
            name, defaultIndex < 0 ? new Undefined(name) : defaults.get(defaultIndex).in(scope));
      }
    }
    scope.set("caller", named.getOrDefault("caller", new Undefined("caller")));
    named.remove("caller");
    List<Object> all = arguments.positional();
    scope.set(
        "varargs",
        new ArrayList<>(all.subList(Math.min(all.size(), parameters.size()), all.size())));
    Map<Object, Object> rest = new LinkedHashMap<>();
    named.forEach((name, value) -> rest.put(Text.of(name), value));
    scope.set("kwargs", rest);
    return scope;
  }
}
