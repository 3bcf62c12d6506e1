package dev.embark.spark.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.types.DataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaGrammarTest {
  private static final Pattern PART = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|\\w+");
  private static final Pattern BETWEEN = Pattern.compile(" \\| ");

  private static String grammar(String ddl, int maxTokens) {
    return SchemaGrammar.of(DdlShape.of(DataType.fromDDL(ddl)).shape(), maxTokens);
  }

  /** The largest cost of what a grammar of strings alone allows, in quarters of a token. */
  private static int largestCost(String grammar) {
    Map<String, String> rules = new HashMap<>();
    grammar
        .lines()
        .map(line -> line.split(" ::= ", 2))
        .forEach(rule -> rules.put(rule[0], rule[1]));
    Map<String, Integer> known = new HashMap<>(Map.of("narrow", 2, "wide", 6));
    return largestCost("root", rules, known);
  }

  private static int largestCost(
      String rule, Map<String, String> rules, Map<String, Integer> known) {
    Integer cost = known.get(rule);
    if (cost == null) {
      cost = 0;
      for (String alternative : BETWEEN.split(rules.get(rule))) {
        int sum = 0;
        for (MatchResult part : PART.matcher(alternative).results().toList()) {
          sum +=
              part.group(1) == null
                  ? largestCost(part.group(), rules, known)
                  : 3 * part.group(1).replaceAll("\\\\(.)", "$1").length();
        }
        cost = Math.max(cost, sum);
      }
      known.put(rule, cost);
    }
    return cost;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "STRING",
        "a STRING, b STRING NOT NULL, c STRING",
        "ARRAY<STRING>",
        "tags ARRAY<STRING>, label STRING, parts ARRAY<STRUCT<k: STRING, v: ARRAY<STRING>>>",
        "MAP<STRING, STRING>",
        "m MAP<STRING, ARRAY<STRING>> NOT NULL, s STRING"
      })
  void theLongestAnswerTakesAlmostAllTokensAndNotMore(String ddl) {
    for (int maxTokens : new int[] {192, 333}) {
      int all = 4 * (maxTokens - 1);
      // A part of each item that does not fit, or of the tokens that would need too many rules.
      assertThat(largestCost(grammar(ddl, maxTokens))).isBetween(all * 3 / 5, all);
    }
  }

  @Test
  void aStringOfManyTokensIsAsLongAsTheRulesAllow() {
    // A rule for each two characters of a token.
    assertThat(grammar("a STRING NOT NULL", 3000).lines().count()).isBetween(5_900L, 6_000L);
    assertThat(grammar("a STRING NOT NULL", 30_000).lines().count()).isBetween(4_000L, 8_010L);
  }

  @Test
  void manyStringsHaveTheSameLengthEach() {
    String fields =
        IntStream.range(0, 100).mapToObj(i -> "s" + i + " STRING").collect(Collectors.joining(","));
    String grammar = grammar(fields, 4000);

    // Each field is a string of up to 64 characters or null.
    assertThat(grammar.lines().count()).isLessThan(110);
    assertThat(grammar).contains("(narrow | wide){0,64}");
  }

  @Test
  void aStringThatMayHaveFewCharactersHasThemAll() {
    Shape text = new Shape.Text(2, 100);

    assertThat(SchemaGrammar.of(text, 100)).contains("(narrow | wide){2,100}");
    assertThat(SchemaGrammar.of(text, 30)).doesNotContain("{2,");
  }

  @Test
  void aShapeOfMoreValuesThanAnyAnswerIsRefused() {
    Shape many =
        new Shape.Items(new Shape.Items(Scalars.BOOLEAN, 1 << 20, 1 << 20), 1 << 20, 1 << 20);

    assertThatThrownBy(() -> SchemaGrammar.of(many, 256))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining("make the schema smaller");
    Shape tooMany = new Shape.Items(new Shape.Text(0, Shape.UNBOUNDED), 0, 1 << 20);
    assertThat(SchemaGrammar.of(tooMany, 256).lines().count()).isLessThan(8_010);
  }
}
