package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kills parts of a real cluster during a job and resumes the job until it succeeds. The output must
 * contain every id once, with the vectors of an undisturbed run.
 */
class ChaosIT {
  private static final long SEED = 20261121;
  private static final double SAME = 1e-5;

  @TempDir private Path folder;

  @Tag("clusters")
  @Test
  void aSmallJobSurvivesItsDriverAndAnExecutorAndEndsInOrderIfAsked() throws Exception {
    survive(
        Table.PARQUET,
        300,
        50,
        List.of(
            new Kill(KilledJob.Moment.WHILE_EMBEDDING, KilledJob.Victim.EXECUTOR),
            new Kill(KilledJob.Moment.BEFORE_COMMIT, KilledJob.Victim.DRIVER),
            new Kill(KilledJob.Moment.WHILE_EMBEDDING, KilledJob.Victim.DRIVER)),
        true);
  }

  @Tag("chaos")
  @ParameterizedTest
  @EnumSource
  void aLargeJobSurvivesTenKills(Table table) throws Exception {
    Random random = new Random(SEED + table.ordinal());
    List<Kill> kills = new ArrayList<>();
    // Every combination at least once, the rest at random.
    for (int i = 0; i < 10; i++) {
      KilledJob.Moment[] moments = KilledJob.Moment.values();
      KilledJob.Victim[] victims = KilledJob.Victim.values();
      kills.add(
          new Kill(
              i < moments.length ? moments[i] : moments[random.nextInt(moments.length)],
              i < victims.length ? victims[i] : victims[random.nextInt(victims.length)]));
    }
    survive(table, 50_000, 4_000, kills, false);
  }

  private record Kill(KilledJob.Moment moment, KilledJob.Victim victim) {
    @Override
    public String toString() {
      return victim + " " + moment;
    }
  }

  /** Output format of the job. */
  enum Table {
    PARQUET,
    DELTA,
    ICEBERG;

    String output(Path folder) {
      return this == ICEBERG ? "lake.db.vectors" : folder.resolve("out").toString();
    }

    Path state(Path folder) {
      return (this == ICEBERG ? folder.resolve("lake/db/vectors") : folder.resolve("out"))
          .resolve("_embark");
    }

    String relation(Path folder) {
      return switch (this) {
        case ICEBERG -> output(folder);
        case DELTA -> "delta.`" + output(folder) + "`";
        case PARQUET -> "parquet.`" + output(folder) + "`";
      };
    }

    List<String> conf(Path folder) throws Exception {
      return switch (this) {
        case PARQUET -> List.of();
        case DELTA ->
            List.of(
                "--jars=" + Embark.tableJars(),
                "--conf=spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension",
                "--conf=spark.sql.catalog.spark_catalog="
                    + "org.apache.spark.sql.delta.catalog.DeltaCatalog");
        case ICEBERG ->
            List.of(
                "--jars=" + Embark.tableJars(),
                "--conf=spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog",
                "--conf=spark.sql.catalog.lake.type=hadoop",
                "--conf=spark.sql.catalog.lake.warehouse=" + folder.resolve("lake"));
      };
    }
  }

  private void survive(
      Table table, int rows, int rowsPerWave, List<Kill> kills, boolean thenIsStopped)
      throws Exception {
    long start = System.nanoTime();
    Path input = writeTexts(rows);
    try (Cluster cluster = Cluster.start(folder, 2)) {
      List<String> command =
          new ArrayList<>(
              List.of(
                  "run",
                  "--master=" + cluster.url(),
                  "--executor-memory=1000M",
                  "--input=" + input,
                  "--id-column=id",
                  "--rows-per-wave=" + rowsPerWave,
                  "--output-format=" + table.name().toLowerCase(java.util.Locale.ROOT),
                  "--output=" + table.output(folder)));
      command.addAll(table.conf(folder));
      try (KilledJob job = new KilledJob(cluster, folder, table.state(folder), command)) {
        for (int i = 0; i < kills.size(); i++) {
          job.kill(kills.get(i).victim(), kills.get(i).moment(), i);
        }
        if (thenIsStopped) {
          job.stop(kills.size());
        }
        KilledJob.Cost cost = job.finish();
        System.out.printf(
            "%s, %,d rows: %s; %s; %d s%n",
            table, rows, kills, cost, Duration.ofNanos(System.nanoTime() - start).toSeconds());
        // Spark retries the work of a lost executor or worker within the same run.
        assertThat(cost.wavesRepeated()).as("%s", cost).isLessThan(cost.runs());
      }
    }
    assertSameAsUndisturbed(table, input, rows);
  }

  private Path writeTexts(int rows) throws Exception {
    Random random = new Random(SEED);
    String[] words = Files.readString(Embark.sample()).replaceAll("\\W+", " ").split(" ");
    List<String> lines = new ArrayList<>();
    for (int id = 0; id < rows; id++) {
      StringBuilder text = new StringBuilder();
      // Short intervals, so that the kills dominate the run time.
      for (int left = 2 + random.nextInt(5); left > 0; left--) {
        text.append(words[random.nextInt(words.length)]).append(' ');
      }
      lines.add("{\"id\":%d,\"text\":\"%s\"}".formatted(id, text));
    }
    return Files.write(folder.resolve("in.json"), lines);
  }

  private void assertSameAsUndisturbed(Table table, Path input, int rows) throws Exception {
    Path calm = folder.resolve("calm");
    assertThat(
            Embark.run(folder, "run", "--master=local[2]", "--input=" + input, "--output=" + calm))
        .extracting(Embark.Result::exitCode)
        .isEqualTo(0);
    List<String> words =
        new ArrayList<>(
            List.of(
                "sql",
                "--master=local[2]",
                "--format=json",
                """
                SELECT count(*) AS rows, count(DISTINCT a.id) AS ids, count(b.id) AS expected,
                  max(aggregate(zip_with(a.embedding, b.embedding, (x, y) -> abs(x - y)),
                    0f, (m, d) -> greatest(m, d))) AS difference
                FROM %s a FULL OUTER JOIN parquet.`%s` b ON a.id = b.id\
                """
                    .formatted(table.relation(folder), calm)));
    words.addAll(table.conf(folder));
    Embark.Result result = Embark.run(folder, words.toArray(String[]::new));
    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode found = new ObjectMapper().readTree(result.out());
    assertThat(found.get("rows").intValue()).as("rows").isEqualTo(rows);
    assertThat(found.get("ids").intValue()).as("distinct ids").isEqualTo(rows);
    assertThat(found.get("expected").intValue()).as("ids of the other run").isEqualTo(rows);
    assertThat(found.get("difference").doubleValue()).as("difference").isLessThan(SAME);
  }
}
