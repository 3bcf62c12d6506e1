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
 * The rows that have no embedding because theirs failed: Parquet in {@code _embark/quarantine},
 * with id as {@link CanonicalId}, kind, error, text (NULL unless asked for) and the number of the
 * run. They are in the output, too, with NULL as embedding.
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

  /** Writes a wave's failed rows beside the quarantine; begins anew if repeated. */
  public void prepare(Manifest.Run run, Dataset<Row> failed, Path waveFolder) {
    failed
        .withColumn("run", lit(run.number()))
        .coalesce(1)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(prepared(waveFolder).toString());
  }

  /** Puts prepared rows into the quarantine, once however often it is called. */
  public void publish(Manifest.Run run, int wave, Path waveFolder) {
    state.moveAll(prepared(waveFolder), folder, run.id() + "-" + wave + "-");
  }

  private static Path prepared(Path waveFolder) {
    return new Path(waveFolder, "quarantine");
  }

  /**
   * Drops rows that a run has embedded again or replaced; can be repeated.
   *
   * @param ids of the rows of the run, as column {@code id}; null if it replaced all rows
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
