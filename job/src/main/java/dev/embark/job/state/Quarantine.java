package dev.embark.job.state;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ScratchFiles;
import dev.embark.job.files.StagedFiles;
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

  /** Writes the failed rows of a wave where no reader sees them; idempotent. */
  public void prepare(Manifest.Run run, int wave, Dataset<Row> failed, Path waveFolder) {
    try {
      staged(run, wave, waveFolder)
          .write(
              spark,
              failed.withColumn("run", lit(run.number())).coalesce(1).write().format("parquet"));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * Publishes the prepared rows of a wave in the quarantine; idempotent.
   *
   * @return false if they are gone, and the wave has to be embedded again
   */
  public boolean publish(Manifest.Run run, int wave, Path waveFolder) {
    try {
      return staged(run, wave, waveFolder).publish();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Deletes the published rows of a wave that has to be embedded again. */
  public void withdraw(Manifest.Run run, int wave, Path waveFolder) {
    try {
      staged(run, wave, waveFolder).withdraw();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private StagedFiles staged(Manifest.Run run, int wave, Path waveFolder) {
    return new StagedFiles(
        state.fileSystem(),
        new Path(waveFolder, "quarantine"),
        folder,
        run.id() + "-" + wave + "-");
  }

  private UserError unwritable(IOException e) {
    return new UserError("Cannot write to " + folder + ": " + Failures.sentence(e), e);
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
      ScratchFiles.write(
          spark, kept.coalesce(1).write().format("parquet").mode(SaveMode.Overwrite), next);
      state.delete(folder);
      state.rename(next, folder);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
