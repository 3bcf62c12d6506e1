package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.Callable;
import dev.embark.engine.jinja.values.Namespace;
import dev.embark.engine.jinja.values.Undefined;
import dev.embark.engine.jinja.values.Values;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A loop.
 *
 * @param condition of the items that are visited; null to visit all
 * @param otherwise runs if no item is visited
 */
record Loop(
    Target target, Expression items, Expression condition, Statement body, Statement otherwise)
    implements Statement {
  @Override
  public Next run(Scope scope) {
    List<Object> visited = new ArrayList<>();
    for (Object item : Values.items(items.in(scope))) {
      scope.rendering().step();
      Scope inner = scope.inner();
      target.assign(inner, item);
      if (condition == null || Values.isTrue(condition.in(inner))) {
        visited.add(item);
      }
    }
    for (int i = 0; i < visited.size(); i++) {
      scope.rendering().step();
      Scope inner = scope.inner();
      target.assign(inner, visited.get(i));
      inner.set("loop", position(visited, i));
      if (body.run(inner) == Next.END_OF_LOOP) {
        break;
      }
    }
    return visited.isEmpty() ? otherwise.run(scope.inner()) : Next.STATEMENT;
  }

  private static Namespace position(List<Object> items, int i) {
    int n = items.size();
    Map<String, Object> loop = new HashMap<>();
    loop.put("index", i + 1L);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) n - i);
    loop.put("revindex0", n - i - 1L);
    loop.put("first", i == 0);
    loop.put("last", i == n - 1);
    loop.put("length", (long) n);
    loop.put("previtem", i > 0 ? items.get(i - 1) : new Undefined("loop.previtem"));
    loop.put("nextitem", i < n - 1 ? items.get(i + 1) : new Undefined("loop.nextitem"));
    loop.put(
        "cycle",
        (Callable)
            (rendering, arguments) ->
                arguments.positional().get(i % Math.max(1, arguments.size())));
    return new Namespace(loop);
  }
}
