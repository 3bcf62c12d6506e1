package dev.embark.job.state;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * Failed rows of an output: Parquet files in {@code _embark/quarantine} with the {@link
 * CanonicalId}, kind of failure, error, text (NULL unless requested) and number of the run. The
 * output contains these rows as well, with NULL as their result.
 */
public final class Quarantine {
  private final SparkSession spark;
  private final StateFolder state;
  private final Path folder;

  public Quarantine(SparkSession spark, StateFolder state) {
    this.spark = spark;
    this.state = state;
    this.folder = state.path("quarantine");
  }

  /** Writes the failed rows of a wave to the wave's folder; idempotent. */
  public void prepare(Manifest.Run run, Dataset<Row> failed, Path waveFolder) {
    failed
        .withColumn("run", lit(run.number()))
        .coalesce(1)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(prepared(waveFolder).toString());
  }

  /** Moves the prepared rows of a wave into the quarantine; idempotent. */
  public void publish(Manifest.Run run, int wave, Path waveFolder) {
    state.moveAll(prepared(waveFolder), folder, run.id() + "-" + wave + "-");
  }

  private static Path prepared(Path waveFolder) {
    return new Path(waveFolder, "quarantine");
  }

  /**
   * Removes rows that a run has processed again or replaced; idempotent.
   *
   * @param ids rows of the run, with a column {@code id}; null if the run replaced all rows
   */
  public void settle(Manifest.Run run, Dataset<Row> ids) {
    Path next = state.path("quarantine.next");
    try {
      if (!state.fileSystem().exists(folder)) {
        if (state.fileSystem().exists(next)) {
          state.rename(next, folder);
        }
        return;
      }
      Dataset<Row> all = spark.read().parquet(folder.toString());
      Column isOlder = col("run").lt(run.number());
      Dataset<Row> kept = all.where(isOlder.equalTo(false));
      if (ids != null) {
        Column inOldQuarantines = col("id").cast("string");
        Dataset<Row> handled =
            ids.select(explode(array(CanonicalId.of(ids, "id"), inOldQuarantines)).as("handled"));
        kept =
            kept.unionByName(
                all.where(isOlder).join(handled, col("id").equalTo(col("handled")), "left_anti"));
      }
      kept.coalesce(1).write().mode(SaveMode.Overwrite).parquet(next.toString());
      state.delete(folder);
      state.rename(next, folder);
    } catch (IOException e) {
      throw new UserError("Cannot write to " + folder + ": " + Failures.sentence(e), e);
    }
  }
}
