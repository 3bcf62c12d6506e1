package dev.embark.engine.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.jinja.values.JinjaException;
import dev.embark.engine.jinja.values.Text;
import dev.embark.engine.jinja.values.Text.Origin;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates against what transformers renders of them; {@code jinja_cases.py} wrote the file. */
class JinjaTemplateTest {
  private static final Instant NOW = Instant.parse("2026-03-05T14:07:09Z");

  private static final List<Map<String, String>> MESSAGES =
      List.of(
          Map.of("role", "system", "content", " Be brief. "),
          Map.of("role", "user", "content", "What's \"1 < 2\"?\nÜber 😀"),
          Map.of("role", "assistant", "content", "<think>easy</think>\n\nYes."),
          Map.of("role", "user", "content", "\tAnd 3?  "));

  /**
   * A case.
   *
   * @param expected null if transformers fails
   */
  record Case(String template, String expected) {}

  static Stream<Case> cases() throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                JinjaTemplateTest.class.getResourceAsStream("cases.txt"),
                StandardCharsets.UTF_8))) {
      String[] lines = reader.lines().toArray(String[]::new);
      return Stream.iterate(0, i -> i < lines.length, i -> i + 3)
          .map(
              i ->
                  new Case(
                      unescaped(lines[i + 1]),
                      lines[i].endsWith("renders") ? unescaped(lines[i + 2]) : null));
    }
  }

  private static String unescaped(String line) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      char next = i + 1 < line.length() ? line.charAt(i + 1) : ' ';
      i += c == '\\' ? 1 : 0;
      text.append(c != '\\' ? c : next == 'n' ? '\n' : next == 'r' ? '\r' : next);
    }
    return text.toString();
  }

  private static Text render(String template, Map<String, ?> values) {
    return JinjaTemplate.parse(template).render(values, NOW);
  }

  private static Map<String, Object> values(Origin origin) {
    Map<String, Object> values = new HashMap<>();
    values.put(
        "messages",
        MESSAGES.stream()
            .map(m -> Map.of("role", m.get("role"), "content", Text.of(m.get("content"), origin)))
            .toList());
    values.put("tools", null);
    values.put("documents", null);
    values.put("add_generation_prompt", true);
    values.put("bos_token", "<s>");
    values.put("eos_token", "</s>");
    return values;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aTemplateRendersAsInTransformers(Case example) {
    if (example.expected() == null) {
      assertThatThrownBy(() -> render(example.template(), values(Origin.USER)))
          .isInstanceOf(JinjaException.class);
      return;
    }
    assertThat(render(example.template(), values(Origin.USER)).chars())
        .isEqualTo(example.expected());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<{{ c }}>",
        "<{{ c.strip() }}>",
        "<{{ c | trim | upper }}>",
        "<{{ c.split('-') | join('+') }}>",
        "<{{ c.replace('-', '+') }}>",
        "<{{ c[1:] ~ c[0] }}>",
        "<{{ '%s' % c }}>",
        "<{{ '{}'.format(c) }}>",
        "<{{ c.title() }}>",
        "<{{ c | tojson }}>",
        "<{{ [c] }}>",
        "<{% set x %}{{ c }}{% endset %}{{ x }}>",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(c) }}",
        "<{{ {'c': c} | tojson }}>",
        "<{{ c | replace('a', c) }}>",
        "<{{ c | e }}>",
        "<{{ c | indent }}>",
        "<{{ c | list | join }}>"
      })
  void everyCharacterOfAUserKeepsItsOrigin(String template) {
    Text text = render(template, Map.of("c", Text.of(" a-<b \n&\"ß- ", Origin.USER)));
    String written = "<>[]+'\"{}c: \n\\";

    for (int i = 0; i < text.chars().length(); i++) {
      if (text.origin(i) == Origin.TEMPLATE) {
        assertThat(written).contains(text.chars().substring(i, i + 1));
      }
    }
    assertThat(text.origin(0)).isEqualTo(Origin.TEMPLATE);
    assertThat(text.spans()).anyMatch(span -> span.origin() == Origin.USER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(1000000) %}{% for j in range(1000000) %}{{ i }}{% endfor %}{% endfor %}",
        "{% for i in range(10000000) %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% endfor %}{{ ns.x | tojson }}",
        "{% set x = 'x' * 4000000 %}{% for i in range(100000) %}{{ x.count('y') }}{% endfor %}",
        "{% set x = 'x' * 4000000 %}{% for i in range(100000) %}{{ 'y' in x }}{% endfor %}",
        "{% set x = 'x' * 4000000 %}{{ ([x ~ 1, x ~ 2] * 100000) | sort | length }}",
        "{% set x = 'x' * 4000000 %}{{ x | list | length }}",
        "{{ 'x' * 100000000000 }}",
        "{{ 'x' * 1000000 * 1000 }}",
        "{{ ('x' * 1000000).replace('x', 'y' * 1000000) }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ [1][99999999999999999999] }}"
      })
  void aRenderingIsBounded(String template) {
    assertThatThrownBy(() -> render(template, Map.of())).isInstanceOf(JinjaException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "{1:", "-", "not ", "x if ", "x|default(", "x[", "x("})
  void aTemplateIsNotNestedWithoutEnd(String opening) {
    assertThatThrownBy(() -> render("{{ " + opening.repeat(5_000), Map.of()))
        .isInstanceOf(JinjaException.class);
    assertThatThrownBy(() -> render("{% if x %}".repeat(300), Map.of()))
        .isInstanceOf(JinjaException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.__class__.__mro__ }}",
        "{{ c.getClass() }}",
        "{{ c.class }}",
        "{{ c.chars() }}",
        "{{ [].getClass }}",
        "{{ self }}",
        "{{ {}.forEach }}",
        "{{ namespace.call }}"
      })
  void aTemplateReachesNoJavaObject(String template) {
    try {
      assertThat(render(template, Map.of("c", Text.of("x"))).chars()).isEmpty();
    } catch (JinjaException e) {
      assertThat(e).hasMessageContaining("undefined");
    }
  }

  @Test
  void aMessageHasNoTextOfAUser() {
    Map<String, Text> values = Map.of("c", Text.of("secret", Origin.USER));
    for (String template :
        List.of(
            "{{ raise_exception('no ' + c) }}",
            "{{ {}[c].x }}",
            "{{ c + 1 }}",
            "{{ c.x.y }}",
            "{{ strftime_now('%' ~ c) }}",
            "{{ ('{' ~ c ~ '}').format() }}",
            "{{ c | join(1) | int + c }}",
            "{{ (c ~ '{x}').format() }}",
            "{{ [] | map(c) | list }}{{ [1] | map(c) | list }}",
            "{{ [1] | select(c) | list }}",
            "{{ dict({c: 1}, a=x.y) }}")) {
      assertThatThrownBy(() -> render(template, values))
          .isInstanceOf(JinjaException.class)
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
    }
  }

  @Test
  void whateverATemplateIsItRendersOrFails() {
    String[] parts = {
      "{{ ",
      " }}",
      "{% ",
      " %}",
      "{%- ",
      " -%}",
      "if ",
      "for ",
      "x ",
      "in ",
      "else ",
      "endif ",
      "endfor ",
      "set ",
      "= ",
      "'a' ",
      "1 ",
      "( ",
      ") ",
      "[ ",
      "] ",
      ". ",
      "| ",
      "upper ",
      ", ",
      "{ ",
      "} ",
      ": ",
      "is ",
      "defined ",
      "macro ",
      "\n",
      "text ",
      "not ",
      "+ ",
      "- ",
      "{# ",
      "#} "
    };
    Random random = new Random(11);
    int rendered = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder template = new StringBuilder();
      for (int part = random.nextInt(12); part >= 0; part--) {
        template.append(parts[random.nextInt(parts.length)]);
      }
      try {
        render(template.toString(), Map.of("x", List.of(1, 2)));
        rendered++;
      } catch (JinjaException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(rendered).isGreaterThan(100);
  }

  @Test
  void theLineOfAMistakeIsNamed() {
    assertThatThrownBy(() -> render("a\n{% if true %}\n{{ y | nix }}{% endif %}", Map.of()))
        .hasMessage("line 3: there is no filter nix");
    assertThat(render("{% if x %}{{ y | nix }}{{ y is nix }}{% endif %}", Map.of()).chars())
        .isEmpty();
    assertThatThrownBy(() -> JinjaTemplate.parse("a\n{% extends 'b' %}"))
        .hasMessage("line 2: the tag extends is not supported");
  }

  @Test
  void aTemplateChangesNoValueThatItIsGiven() {
    List<String> given = Arrays.asList("a", "b");
    for (String method : List.of("append('c')", "pop()", "insert(0, 'c')", "clear()")) {
      assertThatThrownBy(() -> render("{{ x." + method + " }}", Map.of("x", given)))
          .hasMessageContaining("would change a value");
    }
  }
}
