package dev.embark.job;

import static org.apache.spark.sql.functions.approx_count_distinct;
import static org.apache.spark.sql.functions.lit;

import dev.embark.spark.Embark;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Says what a run would do, and writes nothing: checks all that a run checks before its first wave,
 * counts the rows that it would embed, and looks at some of them.
 */
final class DryRun {
  static final int SAMPLED_ROWS = 1000;

  /** Enough for some seconds of a CPU core's work with a small model. */
  private static final int TIMED_TOKENS_PER_CORE = 4096;

  private static final String TOKENS = "_embark_tokens";

  private final SparkSession spark;
  private final JobSpec spec;

  DryRun(SparkSession spark, JobSpec spec) {
    this.spark = spark;
    this.spec = spec;
  }

  /**
   * Estimates.
   *
   * @throws UserError for all that would keep a run from its first wave
   */
  Estimate run() {
    Sink sink = Sink.of(spark, spec);
    Fingerprint fingerprint = Fingerprint.of(spark, spec.embedOptions());
    Source.Input input = new Source(spark, spec, sink).open();
    RowsToDo rows = toDo(sink, new RunStart(spark, spec, sink, fingerprint), input);
    new UniqueIds(spec).check(input.rows());
    loadModel();
    List<Row> sample = Sample.of(rows.rows(), rows.count(), SAMPLED_ROWS);
    return estimate(rows, sample, input.textColumn());
  }

  private RowsToDo toDo(Sink sink, RunStart start, Source.Input input) {
    if (sink.exists()) {
      return RowsToDo.beside(sink, start, input);
    }
    if (!spec.outputSpec().isTableName()) {
      Paths.checkWritable(spark, spec.output());
    }
    return RowsToDo.all(input);
  }

  /** On as many cores as there are, so that no later figure holds the time it takes. */
  private void loadModel() {
    int cores = cores();
    force(
        spark.range(0, cores, 1, cores).select(Embark.embed(lit("warm up"), spec.embedOptions())));
  }

  private Estimate estimate(RowsToDo rows, List<Row> sample, String textColumn) {
    StructType schema = rows.rows().schema();
    int text = schema.fieldIndex(textColumn);
    List<Row> counted =
        spark
            .createDataFrame(sample, schema)
            .repartition(cores())
            .withColumn(
                TOKENS, Embark.embedTokens(Embedding.quoted(textColumn), spec.embedOptions()))
            .collectAsList();
    long withoutText = counted.stream().filter(row -> row.isNullAt(text)).count();
    long tokens = counted.stream().mapToLong(row -> tokens(row)).sum();
    long failing = counted.stream().filter(row -> !row.isNullAt(text) && tokens(row) == 0).count();
    double times = sample.isEmpty() ? 0 : (double) rows.count() / sample.size();
    double share = 1 - (double) (withoutText + failing) / Math.max(1, sample.size());
    Timing timing = time(counted, schema, textColumn);
    double bytes =
        OutputSize.bytesPerRow(
            spec.outputSpec().format(), sample, schema, timing.embedded(), share);
    return new Estimate(
        rows.all(),
        rows.all() - rows.count(),
        sample.size(),
        Math.round(withoutText * times),
        Math.round(failing * times),
        Math.round(
            tokens
                * times
                * distinctShare(rows.rows(), textColumn, rows.count() - withoutText * times)),
        timing.tokensPerSecond(),
        Math.round(rows.count() * bytes));
  }

  private static int tokens(Row row) {
    return row.isNullAt(row.length() - 1) ? 0 : row.getInt(row.length() - 1);
  }

  /** The share of texts that go to the model. */
  private double distinctShare(Dataset<Row> rows, String textColumn, double texts) {
    if (!spec.dedupe() || texts < 1) {
      return 1;
    }
    long distinct =
        rows.select(approx_count_distinct(Embedding.quoted(textColumn))).first().getLong(0);
    return Math.min(1, distinct / texts);
  }

  /** How fast the model was, and what it made. */
  private record Timing(double tokensPerSecond, List<Row> embedded) {}

  private Timing time(List<Row> counted, StructType schema, String textColumn) {
    List<Row> timed = new ArrayList<>();
    long tokens = 0;
    for (Row row : counted) {
      if (tokens(row) > 0 && tokens < (long) TIMED_TOKENS_PER_CORE * cores()) {
        timed.add(row);
        tokens += tokens(row);
      }
    }
    if (timed.isEmpty()) {
      return new Timing(0, List.of());
    }
    Dataset<Row> embedded =
        Embedding.add(
                spark.createDataFrame(timed, schema.add(TOKENS, "int")).repartition(cores()),
                textColumn,
                spec.outputSpec().embeddingColumn(),
                spec.embedOptions())
            .drop(TOKENS);
    long start = System.nanoTime();
    List<Row> rows = embedded.collectAsList();
    return new Timing(tokens / ((System.nanoTime() - start) / 1e9), rows);
  }

  private int cores() {
    return spark.sparkContext().defaultParallelism();
  }

  private static void force(Dataset<Row> rows) {
    rows.write().format("noop").mode("overwrite").save();
  }
}
