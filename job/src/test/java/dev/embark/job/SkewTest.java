package dev.embark.job;

import static org.apache.spark.sql.functions.spark_partition_id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.run.WaveWriter;
import dev.embark.job.state.FunctionCall;
import dev.embark.spark.Embark;
import java.nio.file.Path;
import java.util.LongSummaryStatistics;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long texts that are adjacent in the input are spread over all tasks. */
class SkewTest {
  private static final int ROWS = 4000;

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  /** Returns the ratio of the largest to the mean number of tokens per task. */
  private static double heaviestTask(Dataset<Row> rows) {
    LongSummaryStatistics tokens =
        rows
            .select(
                spark_partition_id().as("task"),
                Embark.embedTokens(functions.col("text"), Map.of()).as("tokens"))
            .groupBy("task")
            .agg(functions.sum("tokens"))
            .collectAsList()
            .stream()
            .mapToLong(row -> row.getLong(1))
            .summaryStatistics();
    return tokens.getMax() / tokens.getAverage();
  }

  @Test
  void noTaskGetsMuchMoreTokensThanTheOthers() {
    // The last of eight partitions contains all long texts.
    Dataset<Row> skewed =
        spark.sql(
            "SELECT id, repeat('word ', IF(id < %d, 5, 200)) AS text FROM range(0, %d, 1, 8)"
                .formatted(ROWS * 7 / 8, ROWS));
    JobSpec spec = new Runs(folder, "parquet").spec("unused");

    double inInputOrder = heaviestTask(skewed);
    double repartitioned =
        heaviestTask(
            new WaveWriter(spark, spec, "text", FunctionCall.of(spec)).repartitioned(skewed, ROWS));

    System.out.printf(
        "heaviest task / mean: %.3f in input order, %.3f repartitioned%n",
        inInputOrder, repartitioned);
    assertThat(inInputOrder).isGreaterThan(5);
    assertThat(repartitioned).isLessThan(1.25);
  }
}
