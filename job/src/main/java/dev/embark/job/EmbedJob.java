package dev.embark.job;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The batch job: reads an input, embeds its text, writes all columns and the embedding. The main
 * class behind {@code embark run}; its arguments are those of {@link JobSpec}.
 */
@Command(name = "embark run", description = "Embeds the texts of an input and writes Parquet.")
public final class EmbedJob implements Callable<Integer> {
  private static final int FAILED_IDS_SHOWN = 10;

  @Mixin private JobSpec spec;

  private final Terminal terminal;

  /** Makes a job that tells {@code terminal} what it does. */
  public EmbedJob(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the job in this process; under spark-submit. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new EmbedJob(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    spec.check();
    try (SparkSession spark = SparkSession.builder().appName("embark run").getOrCreate()) {
      run(spark).print(terminal.out());
    }
    return 0;
  }

  /**
   * Reads, embeds and writes in a session; blocks until the output is committed.
   *
   * @throws UserError for what the user can mend; checked before any task starts
   */
  public JobResult run(SparkSession spark) {
    return run(spark, spec, terminal);
  }

  static JobResult run(SparkSession spark, JobSpec spec, Terminal terminal) {
    Sink sink = new Sink(spark, spec);
    sink.check();
    Source.Input input = new Source(spark, spec).open();
    if (input.hasUnreadableLines()) {
      terminal
          .err()
          .println(
              "warning: some lines of %s are not %s; they are kept in the column _corrupt_record, without embedding"
                  .formatted(spec.input(), input.format()));
    }
    Dataset<Row> embedded =
        Embedding.add(spread(spark, input.rows()), input.textColumn(), spec.embedOptions());
    Totals before = Totals.of(spark);
    long start = System.nanoTime();
    if (spec.quiet()) {
      sink.write(embedded);
    } else {
      Meter meter = new Meter(() -> Totals.of(spark), System::nanoTime);
      try (Progress progress =
          Progress.of(spark, meter, ProgressView.of(ProgressMode.AUTO, terminal))) {
        sink.write(embedded);
      }
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    Totals counted = Totals.of(spark).since(before);
    RunTotals totals =
        new RunTotals(
            counted.rows(),
            counted.tokens(),
            counted.nullRows(),
            new TreeMap<>(Map.of("FAILED", counted.failedRows())),
            counted.truncatedRows(),
            0,
            new TreeMap<>());
    JobResult result =
        new JobResult(
            new RunPlan("run", "", 1, totals.rows(), totals.rows(), 0, 0, 0, List.of()),
            List.of(new WaveResult(0, Instant.now(), took, totals)),
            took,
            sink.location(),
            sink.location() + "/_embark");
    if (result.totals().failedRows() > 0) {
      warnOfFailedRows(spark, spec, input.textColumn(), result, terminal);
    }
    return result;
  }

  /**
   * Spreads an input of few partitions over all cores: Spark cuts files by bytes, and a file too
   * small to cut is much work for a model. Twice the cores, as parts of a Parquet file may be
   * empty.
   */
  private static Dataset<Row> spread(SparkSession spark, Dataset<Row> rows) {
    int cores = spark.sparkContext().defaultParallelism();
    return rows.toJavaRDD().getNumPartitions() < 2 * cores ? rows.repartition(cores) : rows;
  }

  private static void warnOfFailedRows(
      SparkSession spark, JobSpec spec, String textColumn, JobResult result, Terminal terminal) {
    long failed = result.totals().failedRows();
    String ids =
        spec.idColumn()
            .map(id -> failedIds(spark, spec, textColumn, id))
            .map(found -> "; the first by %s: %s".formatted(spec.idColumn().get(), found))
            .orElse("; name them with --id-column");
    terminal
        .err()
        .println(
            "warning: %s could not be embedded, so embedding is NULL there%s"
                .formatted(failed == 1 ? "1 row" : failed + " rows", ids));
  }

  private static String failedIds(
      SparkSession spark, JobSpec spec, String textColumn, String idColumn) {
    List<Row> failed =
        spark
            .read()
            .parquet(spec.output())
            .where(Embedding.quoted(JobSpec.EMBEDDING_COLUMN).isNull())
            .where(Embedding.quoted(textColumn).isNotNull())
            .select(Embedding.quoted(idColumn))
            .limit(FAILED_IDS_SHOWN)
            .collectAsList();
    return failed.stream().map(row -> String.valueOf(row.get(0))).collect(Collectors.joining(", "));
  }
}
