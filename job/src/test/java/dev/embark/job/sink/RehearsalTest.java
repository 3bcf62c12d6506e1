package dev.embark.job.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.LocalSpark;
import dev.embark.job.RefusingSink;
import dev.embark.job.Runs;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.DryRun;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Columns that an output's format rejects are refused before any text is embedded, without a trace.
 */
class RehearsalTest {
  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  private Runs runs(String format) {
    Assumptions.assumeTrue(!format.matches("delta|iceberg") || LocalSpark.hasTables());
    return new Runs(folder, format);
  }

  private static String query(String columns) {
    return "--query=SELECT 1L AS id, 'one' AS text, " + columns;
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "delta|1 AS `a b`|its column a b (int)|--partition-by=id",
        "delta|1 AS `a=b`, 2 AS `c;d`|its columns a=b (int), c;d (int)|",
        "delta|named_struct('x,y', 1) AS s|its column s (struct<x,y:int>)|",
        "delta|array() AS a|its column a (array<void>)|",
        "orc|NULL AS n|its column n (void)|",
        "orc|named_struct('x', NULL) AS n|its column n (struct<x:void>)|",
        "iceberg|NULL AS n|its column n (void)|",
        "iceberg|1 AS n, map('k', NULL) AS m|its column m (map<string,void>)|",
        "iceberg|INTERVAL '1' DAY AS i|its column i (interval day)|",
        "parquet|make_interval(1) AS i|its column i (interval)|",
        "json|make_interval(1) AS i|its column i (interval)|",
      })
  void aColumnThatTheFormatRefusesIsNamed(
      String format, String columns, String named, String option) {
    Runs runs = runs(format);
    String input = query(columns);
    String[] options = option == null ? new String[0] : new String[] {option};

    assertThatThrownBy(
            () -> new DryRun(spark, runs.spec(null, with(input, options)), text -> {}).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the query cannot be written as " + format)
        .hasMessageContaining(named);
    assertThatThrownBy(() -> runs.run(null, with(input, options)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("the query cannot be written as " + format)
        .hasMessageContaining(named);

    assertThat(runs.events).doesNotContain("started 0");
    runs.run(null, query("2 AS other"));
    assertThat(runs.vectors()).hasSize(1);
  }

  private static String[] with(String first, String... more) {
    String[] all = new String[more.length + 1];
    all[0] = first;
    System.arraycopy(more, 0, all, 1, more.length);
    return all;
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"parquet", "orc", "json", "delta", "iceberg"})
  void aSuccessfulRehearsalLeavesNoFiles(String format) throws Exception {
    Runs runs = runs(format);

    runs.run(
        null,
        query("'x' AS p, CAST(1 AS TINYINT) AS t, DATE'2024-01-01' AS d, map('k', 1) AS m"),
        "--partition-by=p");

    assertThat(runs.vectors()).hasSize(1);
    if (!format.equals("iceberg")) {
      assertThat(runs.state().resolve("rehearsal")).doesNotExist();
    }
  }

  @ParameterizedTest
  @CsvSource({"parquet", "orc", "delta"})
  void anOptionThatTheFormatRefusesIsRefusedFirst(String format) {
    Runs runs = runs(format);
    String[] arguments = {query("1 AS a"), "--output-option=compression=nix"};
    String expected = "Nothing can be written as " + format;

    assertThatThrownBy(() -> new DryRun(spark, runs.spec(null, arguments), text -> {}).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining(expected);
    assertThatThrownBy(() -> runs.run(null, arguments))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(expected);

    assertThat(runs.events).doesNotContain("started 0");
  }

  /** A class loader that hides the jar of a format from Spark, which asks the thread's. */
  private static final class Without extends ClassLoader {
    private final String jar;

    Without(String jar) {
      super(RehearsalTest.class.getClassLoader());
      this.jar = jar;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return Collections.enumeration(
          Collections.list(super.getResources(name)).stream()
              .filter(url -> !url.getPath().contains(jar))
              .toList());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "delta, delta-spark, io.delta:delta-spark, spark.sql.extensions=io.delta",
    "iceberg, iceberg-spark, iceberg-spark-runtime, spark.sql.catalog.lake=org.apache.iceberg"
  })
  void aFormatThatThisSparkDoesNotHaveIsRefusedWithWhatToAdd(
      String format, String jar, String artifact, String setting) {
    Runs runs = runs(format);
    ClassLoader own = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(new Without(jar));
    try {
      assertThatThrownBy(() -> Sink.of(spark, runs.spec(null, query("1 AS a"))))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("--packages to the ")
          .hasMessageContaining(artifact + " of Spark " + spark.version())
          .hasMessageContaining("--conf " + setting);
    } finally {
      Thread.currentThread().setContextClassLoader(own);
    }
  }

  @ParameterizedTest
  @CsvSource({"nowhere.db.vectors, nowhere", "default.vectors, spark_catalog"})
  void aTableOfIcebergInNoCatalogIsRefusedFirst(String table, String catalog) {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    SparkSession plain = spark.newSession();
    plain.conf().unset("spark.sql.catalog.spark_catalog");
    JobSpec spec = new Runs(folder, "iceberg", table).spec(null, query("1 AS a"));

    assertThatThrownBy(() -> new DryRun(plain, spec, text -> {}).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining(
            "set --conf spark.sql.catalog.%s=org.apache.iceberg.spark.SparkCatalog", catalog);
  }

  @Test
  void aSessionWithoutDeltasCatalogIsRefusedFirst() {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    SparkSession plain = spark.newSession();
    plain.conf().unset("spark.sql.catalog.spark_catalog");
    JobSpec spec = new Runs(folder, "delta", "default.vectors").spec(null, query("1 AS a"));

    assertThatThrownBy(() -> new DryRun(plain, spec, text -> {}).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Nothing can be written as delta")
        .hasMessageContaining("spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta");
  }

  @Tag("stores")
  @Test
  void namesThatADeltaTableMapsAreTaken() {
    Runs runs = runs("delta");
    String mapping = "--output-option=delta.columnMapping.mode=name";
    runs.run(null, query("1 AS `a b`"), mapping);

    runs.run(null, query("1 AS `a b`"), "--save-mode=overwrite");

    assertThat(runs.written().columns()).contains("a b");
    assertThat(runs.vectors()).hasSize(1);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"parquet", "delta", "iceberg"})
  void allIsReplacedThoughTheSessionReplacesPartitionsOnly(String format) {
    Runs runs = runs(format);
    String conf = "spark.sql.sources.partitionOverwriteMode";
    runs.run(null, query("'x' AS p"), "--partition-by=p");
    spark.conf().set(conf, "dynamic");
    try {
      runs.run(null, query("'y' AS p"), "--partition-by=p", "--save-mode=overwrite");
    } finally {
      spark.conf().unset(conf);
    }

    assertThat(runs.written().select("p").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("y");
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"parquet", "delta", "iceberg"})
  void aRunWhoseFirstCommitTheTargetRefusesLocksNobodyOut(String format) throws Exception {
    Runs runs = runs(format);
    runs.sink = sink -> new RefusingSink(sink);
    assertThatThrownBy(() -> runs.run(null, query("1 AS a"), "--id-column=id"))
        .hasMessageContaining("refused by the target");
    runs.sink = sink -> sink;

    runs.run(null, query("2 AS other"), "--dimensions=16");

    assertThat(runs.vectors().get(1)).hasSize(16);
    assertThat(runs.captured.err()).contains("had written nothing to");
    if (!format.equals("iceberg")) {
      try (var kept = Files.newDirectoryStream(runs.state(), "run-*")) {
        assertThat(kept).isEmpty();
      }
    }
  }

  /** A column that a refused run would have added is not recorded either. */
  @Test
  void aRefusedRunLeavesTheFingerprintsOfTheOutput() {
    Runs runs = runs("parquet");
    runs.run(null, query("1 AS a"), "--id-column=id");
    runs.sink = sink -> new RefusingSink(sink);
    String more = "--query=SELECT 2L AS id, 'two' AS text, 1 AS a";
    assertThatThrownBy(() -> runs.run(null, more, "--id-column=id", "--save-mode=append"))
        .hasMessageContaining("refused by the target");
    runs.sink = sink -> sink;

    String another = "--query=SELECT 3L AS id, 'three' AS text, 1 AS a";
    runs.run(null, another, "--id-column=id", "--save-mode=append");

    assertThat(runs.vectors()).containsOnlyKeys(1, 3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "parquet|''|''",
        "orc|''|''",
        "json|''|''",
        "delta|''|''",
        "parquet|'__HIVE_DEFAULT_PARTITION__'|'__HIVE_DEFAULT_PARTITION__'",
        "delta|'__HIVE_DEFAULT_PARTITION__'|'__HIVE_DEFAULT_PARTITION__'",
      })
  void aValueThatWouldComeBackAsNullIsRefused(String format, String value, String shown) {
    Runs runs = runs(format);
    String input = query(value + " AS `to pic`");
    String[] arguments = {
      input, "--partition-by=to pic", "--output-option=delta.columnMapping.mode=name"
    };
    String expected = "1 row of the query has " + shown + " in to pic";

    assertThatThrownBy(() -> new DryRun(spark, runs.spec(null, arguments), text -> {}).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining(expected);
    assertThatThrownBy(() -> runs.run(null, arguments))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(expected)
        .hasMessageContaining("--query");

    assertThat(runs.events).doesNotContain("started 0");
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "parquet|X'FF'|is binary|hex(p)",
        "delta|X'FF'|is binary|hex(p)",
        "delta|TIMESTAMP'2020-11-01 06:30:00Z'|is timestamp|unix_micros(p)",
      })
  void aTypeWhoseValuesFoldersMixUpIsRefused(
      String format, String value, String type, String remedy) {
    Runs runs = runs(format);

    assertThatThrownBy(() -> runs.run(null, query(value + " AS p"), "--partition-by=p"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--partition-by names p, which " + type)
        .hasMessageContaining(remedy);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"parquet", "orc", "json", "delta", "iceberg"})
  void otherPartitionValuesAreReadUnchanged(String format) {
    Runs runs = runs(format);
    String values =
        "--query=SELECT id, 'a' AS text, element_at(array(' ', '01', 'null', 'a/b=c', %s), CAST(id AS INT)) AS p FROM range(1, 7)"
            .formatted(format.equals("iceberg") ? "'', NULL" : "'%', NULL");

    runs.run(null, values, "--partition-by=p", "--id-column=id");

    var written =
        format.matches("delta|iceberg")
            ? runs.written()
            : spark.read().format(format).schema("id LONG, p STRING").load(runs.output());
    assertThat(written.select("id", "p").orderBy("id").collectAsList())
        .extracting(row -> row.getString(1))
        .containsExactly(" ", "01", "null", "a/b=c", format.equals("iceberg") ? "" : "%", null);
  }

  /** Both hours that a clock in New York repeats. */
  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"parquet", "json"})
  void timesOfPartitionsAreWrittenInUtc(String format) {
    Runs runs = runs(format);
    String zone = spark.conf().get("spark.sql.session.timeZone");
    String query =
        "--query=SELECT id, 'a' AS text, timestamp_micros(1604208600000000 + 3600000000 * id) AS p"
            + " FROM range(2)";
    spark.conf().set("spark.sql.session.timeZone", "America/New_York");
    try {
      runs.run(null, query, "--partition-by=p", "--id-column=id");
      runs.run(null, query, "--partition-by=p", "--id-column=id", "--save-mode=append");
    } finally {
      spark.conf().set("spark.sql.session.timeZone", zone);
    }

    assertThat(runs.vectors()).hasSize(2);
    var rows =
        spark
            .read()
            .format(format)
            .schema("id LONG, p TIMESTAMP")
            .option("timeZone", "UTC")
            .load(runs.output());
    assertThat(rows.selectExpr("id", "unix_micros(p)").orderBy("id").collectAsList())
        .extracting(row -> row.getLong(1))
        .containsExactly(1604208600000000L, 1604212200000000L);
    assertThat(Path.of(runs.output()).toFile().list())
        .contains("p=2020-11-01 05%3A30%3A00", "p=2020-11-01 06%3A30%3A00");
    assertThat(runs.captured.err()).contains("the folders of p hold its times in UTC");
  }

  private void assertBothRefuse(Runs runs, String sentence, String... arguments) {
    assertThatThrownBy(() -> new DryRun(spark, runs.spec(null, arguments), text -> {}).run())
        .isInstanceOf(UserError.class)
        .hasMessageContaining(sentence);
    assertThatThrownBy(() -> runs.run(null, arguments))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(sentence);
    assertThat(runs.events).doesNotContain("started 0");
  }

  private static String[] row(String columns, String... rest) {
    return with("--query=SELECT 2L AS id, 'two' AS text, " + columns, rest);
  }

  @Tag("stores")
  @Test
  void rowsThatADeltaTableWouldRejectAreRefused() {
    Runs runs = runs("delta");
    String[] more = {"--id-column=id", "--save-mode=append"};
    runs.run(null, row("1 AS n", "--id-column=id"));
    spark.sql("ALTER TABLE " + runs.table() + " ADD CONSTRAINT small CHECK (n < 10)");
    runs.events.clear();

    assertBothRefuse(
        runs, "1 row of the query violates the rule CHECK (n < 10)", row("10 AS n", more));
    assertBothRefuse(runs, "CHECK", row("CAST(NULL AS INT) AS n", more));
    assertBothRefuse(runs, "such as id 2", row("11 AS n", more));
    assertBothRefuse(runs, "does not take the columns", row("array(1) AS n", more));
    runs.run(
        null,
        "--query=SELECT 3L AS id, 'three' AS text, 9 AS n",
        "--id-column=id",
        "--save-mode=append");
    assertThat(runs.vectors()).hasSize(2);
  }

  @Tag("stores")
  @Test
  void rowsThatAnEmptyDeltaTableWouldRejectAreRefused() {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    String table = "default.rules_of_" + folder.getFileName().toString().replaceAll("\\W", "_");
    spark.sql(
        "CREATE TABLE %s (id BIGINT, text STRING, n INT NOT NULL, c VARCHAR(3), embedding ARRAY<FLOAT>) USING delta"
            .formatted(table));
    Runs runs = new Runs(folder, "delta", table);
    try {
      assertBothRefuse(runs, "the rule n NOT NULL", row("CAST(NULL AS INT) AS n"));
      assertBothRefuse(runs, "Column n is not specified", row("'a' AS c"));
      assertBothRefuse(runs, "the rule c VARCHAR(3)", row("1 AS n, 'abc ' AS c"));
      runs.run(null, row("9 AS n, 'abc' AS c"));
      assertThat(spark.table(table).count()).isOne();
    } finally {
      spark.sql("DROP TABLE " + table);
    }
  }

  @Tag("stores")
  @Test
  void rowsThatAnIcebergTableWouldRejectAreRefused() {
    Runs runs = runs("iceberg");
    spark.sql(
        "CREATE TABLE %s (id BIGINT, text STRING, n INT NOT NULL, embedding ARRAY<FLOAT>) USING iceberg"
            .formatted(runs.table()));

    assertBothRefuse(runs, "the rule n NOT NULL", row("CAST(NULL AS INT) AS n"));
    assertBothRefuse(runs, "does not take the columns", row("array(1) AS n"));
    assertBothRefuse(runs, "does not take the columns", row("1 AS n, 2 AS more"));
    runs.run(null, row("9 AS n"));
    assertThat(runs.vectors()).hasSize(1);
  }

  @Test
  void aCatalogThatMakesNoTableIsRefusedWithoutATrace() {
    Runs runs = runs("iceberg");
    assertBothRefuse(new Runs(folder, "iceberg", "nix.db.t"), "nix", query("1 AS a"));

    runs.run(null, query("1 AS a"));

    String name = runs.output().replace("lake.db.", "");
    assertThat(spark.sql("SHOW TABLES IN lake.db").where("tableName LIKE '%" + name + "%'").count())
        .isOne();
  }
}
