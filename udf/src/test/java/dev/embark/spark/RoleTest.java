package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.spark.models.CutWarning;
import dev.embark.spark.models.PromptWarning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The option role, and the warning of a call that lacks a prompt. */
class RoleTest {
  @TempDir private static Path folder;
  private static SparkSession spark;
  private static String e5;
  private static String unknown;

  private final Warnings warnings = new Warnings();

  private static final class Warnings extends AbstractAppender {
    private final List<String> all = Collections.synchronizedList(new ArrayList<>());

    Warnings() {
      super("warnings", null, null, true, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      all.add(event.getMessage().getFormattedMessage());
    }
  }

  @BeforeAll
  static void start() throws IOException {
    e5 = RenamedModel.write(folder, RenamedModel.E5);
    unknown = RenamedModel.write(folder, RenamedModel.UNKNOWN);
    spark = TestSession.start("local[2]");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  private static List<Logger> loggers() {
    return List.of(
        (Logger) LogManager.getLogger(PromptWarning.class),
        (Logger) LogManager.getLogger(CutWarning.class));
  }

  @BeforeEach
  void listen() {
    warnings.start();
    for (Logger logger : loggers()) {
      Configurator.setLevel(logger.getName(), Level.WARN);
      logger.setAdditive(false);
      logger.addAppender(warnings);
    }
  }

  @AfterEach
  void endListening() {
    for (Logger logger : loggers()) {
      logger.removeAppender(warnings);
      logger.setAdditive(true);
    }
  }

  private static Row first(String statement) {
    return spark.sql(statement).first();
  }

  @Test
  void vectorsAreThoseOfThePromptAsPrefix() {
    Row row =
        first(
            "SELECT embed(t, map('model', '%1$s', 'role', 'query')) AS query,".formatted(e5)
                + " embed(t, map('model', '%1$s', 'prefix', 'query: ')) AS asQuery,".formatted(e5)
                + " embed(t, model => '%1$s', role => 'document') AS document,".formatted(e5)
                + " embed(t, model => '%1$s', prefix => 'passage: ') AS asDocument,".formatted(e5)
                + " embed(t, map('model', '%1$s', 'prefix', 'a ', 'role', 'query')) AS both,"
                    .formatted(e5)
                + " embed(t, map('model', '%1$s', 'prefix', 'a ')) AS prefix,".formatted(e5)
                + " embed_tokens(t, map('model', '%1$s', 'role', 'query')) AS tokens".formatted(e5)
                + " FROM VALUES ('harbour') AS texts(t)");

    assertThat(row.getList(0)).isEqualTo(row.getList(1)).isNotEqualTo(row.getList(2));
    assertThat(row.getList(2)).isEqualTo(row.getList(3));
    assertThat(row.getList(4)).isEqualTo(row.getList(5));
    assertThat(row.getInt(6)).isEqualTo(5); // [CLS] query : harbour [SEP]
    assertThat(warnings.all).isEmpty();
  }

  @Test
  void aCutThatTheAuthorsMakeAfterALayerNormIsWarnedOfOncePerQuery() throws IOException {
    String nomic = RenamedModel.write(folder, "nomic-embed-text");
    first(
        "SELECT embed('a', model => '%1$s', prefix => '', dimensions => 64),".formatted(nomic)
            + " embed('b', model => '%1$s', prefix => '', dimensions => 32)".formatted(nomic));
    assertThat(warnings.all)
        .singleElement()
        .asString()
        .contains("'nomic-embed-text' compute a layer norm before they cut its 384 dimensions")
        .contains("dimensions=");

    warnings.all.clear();
    first("SELECT embed('a', model => '%s', prefix => '', dimensions => 384)".formatted(nomic));
    first("SELECT embed('a', model => '%s', prefix => '')".formatted(nomic));
    first("SELECT embed('a', dimensions => 64)");
    assertThat(warnings.all).isEmpty();
  }

  @Test
  void theRoleOfTheSessionHolds() {
    spark.conf().set("spark.embark.role", "query");
    spark.conf().set("spark.embark.model", e5);
    try {
      Row row = first("SELECT embed('harbour'), embed('harbour', map('prefix', 'query: '))");
      assertThat(row.getList(0)).isEqualTo(row.getList(1));
    } finally {
      spark.conf().unset("spark.embark.role");
      spark.conf().unset("spark.embark.model");
    }
  }

  @Test
  void aModelWithoutPromptsTakesEitherRole() {
    Row row = first("SELECT embed('x'), embed('x', map('role', 'query'))");

    assertThat(row.getList(0)).isEqualTo(row.getList(1));
    assertThat(warnings.all).isEmpty();
  }

  @Test
  void aRoleOfAModelWhosePromptsAreUnknownIsAnAnalysisError() {
    assertThatThrownBy(
            () -> spark.sql("SELECT embed('x', model => '%s', role => 'query')".formatted(unknown)))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("[EMBARK_UNKNOWN_PROMPT] role is query, but the model")
        .hasMessageContaining("'all-MiniLM-L6-vX'");
    assertThatThrownBy(() -> spark.sql("SELECT embed('x', role => 'passage')"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("it takes query, document");
  }

  @Test
  void aQueryWithoutThePromptOfItsModelWarnsOnce() {
    String statement =
        "SELECT id, embed(concat('text ', id), map('model', '%1$s')) AS a,".formatted(e5)
            + " embed(concat('other ', id), map('model', '%1$s')) AS b,".formatted(e5)
            + " transform(array('x'), t -> embed(t, map('model', '%1$s'))) AS c".formatted(e5)
            + " FROM range(0, 8, 1, 4) ORDER BY a[0]";

    spark.sql(statement).collectAsList();

    assertThat(warnings.all)
        .containsExactly(
            "The model 'intfloat/e5-base' was trained with a prompt before each query and document,"
                + " but this query gives none: set the option role to query or document, or prefix"
                + " to '' for no prompt.");

    spark.sql(statement).collectAsList();
    assertThat(warnings.all).hasSize(2);
  }

  @Test
  void noOtherCallWarns() {
    spark.sql("SELECT embed('x'), embed('x', map('model', '%s'))".formatted(unknown)).collect();
    for (String option : List.of("'prefix', ''", "'prefix', 'a '", "'role', 'document'")) {
      spark.sql("SELECT embed('x', map('model', '%s', %s))".formatted(e5, option)).collect();
    }

    assertThat(warnings.all).isEmpty();
  }

  @Test
  void theFunctionOfDatasetsKnowsTheRole() {
    List<Row> rows =
        Embark.embedColumn(
                spark.range(1).withColumn("t", functions.lit("harbour")),
                "t",
                "e",
                Map.of("model", e5, "role", "query"))
            .selectExpr("e", "embed('harbour', map('model', '%s', 'role', 'query'))".formatted(e5))
            .collectAsList();

    assertThat(rows.get(0).getList(0)).isEqualTo(rows.get(0).getList(1));
  }
}
