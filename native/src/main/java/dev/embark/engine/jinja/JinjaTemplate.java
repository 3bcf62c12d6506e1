package dev.embark.engine.jinja;

import dev.embark.engine.jinja.values.Arguments;
import dev.embark.engine.jinja.values.Callable;
import dev.embark.engine.jinja.values.Formats;
import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Namespace;
import dev.embark.engine.jinja.values.Operators;
import dev.embark.engine.jinja.values.Rendering;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Values;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A chat template, parsed once and rendered many times. Immutable and thread-safe.
 *
 * <pre>{@code
 * JinjaTemplate template = JinjaTemplate.parse("{% for m in messages %}{{ m.content }}{% endfor %}");
 * Text chat = template.render(
 *     Map.of("messages", List.of(Map.of("content", Text.of("hello", Origin.USER)))), Instant.now());
 * }</pre>
 */
public final class JinjaTemplate {
  private static final int MAX_SOURCE = 1 << 20;

  private final Statement body;

  private JinjaTemplate(Statement body) {
    this.body = body;
  }

  /**
   * Parses a template.
   *
   * @throws JinjaException if it is longer than a million characters or not of the part of Jinja
   *     that is supported
   */
  public static JinjaTemplate parse(String source) {
    if (source.length() > MAX_SOURCE) {
      throw new JinjaException("it has more than " + MAX_SOURCE + " characters");
    }
    try {
      return new JinjaTemplate(
          new StatementParser(new Tokens(new Lexer(source).tokens())).template());
    } catch (StackOverflowError e) {
      throw new JinjaException("it is nested too deeply");
    }
  }

  /**
   * Renders the template.
   *
   * @param values by name: strings, which count as the template's, {@link Text}, booleans, numbers,
   *     null, lists and maps of them
   * @param now what the template takes as the present time
   * @throws JinjaException if the template refuses the values, uses a value as what it is not, or
   *     exceeds the bounds of a rendering
   */
  public Text render(Map<String, ?> values, Instant now) {
    Rendering rendering = new Rendering(now, length(values.values()));
    Scope globals = new Scope(rendering);
    globals.set(
        "raise_exception",
        (Callable)
            (r, arguments) -> {
              throw new JinjaException(Values.written(arguments.get(0, "message")).shown());
            });
    globals.set(
        "strftime_now",
        (Callable) (r, arguments) -> Formats.date(r.now(), arguments.text(0, "format").chars()));
    globals.set("namespace", (Callable) (r, arguments) -> new Namespace(named(arguments)));
    globals.set("dict", (Callable) (r, arguments) -> Values.of(named(arguments)));
    globals.set("range", (Callable) (r, arguments) -> range(arguments));
    values.forEach((name, value) -> globals.set(name, Values.of(value)));
    try {
      body.run(globals.inner());
      return rendering.output();
    } catch (StackOverflowError e) {
      throw new JinjaException("it is nested too deeply");
    }
  }

  /** Returns the arguments by name, to which the items of a mapping belong. */
  private static Map<String, Object> named(Arguments arguments) {
    Map<String, Object> named = new LinkedHashMap<>();
    arguments
        .positional()
        .forEach(map -> Values.map(map).forEach((key, value) -> named.put(key.toString(), value)));
    named.putAll(arguments.named());
    return named;
  }

  private static List<Object> range(Arguments arguments) {
    long first = Values.integer(arguments.get(0, "start"));
    long from = arguments.size() > 1 ? first : 0;
    long to = arguments.size() > 1 ? Values.integer(arguments.get(1, "stop")) : first;
    long step = arguments.integer(2, "step", 1);
    if (step == 0) {
      throw new JinjaException("a range has the step 0");
    }
    List<Object> numbers = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      numbers.add(i);
      Operators.limited(numbers);
    }
    return numbers;
  }

  private static long length(Object value) {
    if (value instanceof Map<?, ?> map) {
      return length(map.values());
    } else if (value instanceof Iterable<?> items) {
      long sum = 0;
      for (Object item : items) {
        sum += length(item);
      }
      return sum;
    }
    return value instanceof Text text ? text.length() : 1;
  }
}
