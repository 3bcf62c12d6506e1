package dev.embark.bench;

import dev.embark.job.EmbedJob;
import dev.embark.job.JobResult;
import dev.embark.job.Terminal;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;

/** The batch job on a local Spark: Parquet in, Parquet with vectors out. */
final class JobRunner implements AutoCloseable {
  private final SparkSession spark;
  private final Path folder;

  /**
   * Starts Spark.
   *
   * @param folder for inputs and outputs
   */
  JobRunner(Path folder, int cores) {
    this.folder = folder;
    this.spark =
        SparkSession.builder()
            .master("local[" + cores + "]")
            .appName("embark bench")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toString())
            .getOrCreate();
  }

  /** Writes the texts as the Parquet file that {@link #embed} reads by this name. */
  void write(String name, List<String> texts) {
    spark
        .createDataset(texts, Encoders.STRING())
        .toDF("text")
        .coalesce(1)
        .write()
        .parquet(folder.resolve(name).toString());
  }

  /** Runs the job and tells how many tokens its model was given. */
  long embed(String name) {
    EmbedJob job = new EmbedJob(Terminal.system());
    new CommandLine(job)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(
            "--input",
            folder.resolve(name).toString(),
            "--input-format",
            "parquet",
            "--output",
            folder.resolve(name + "-embedded").toString(),
            "--save-mode",
            "overwrite",
            "--mode",
            "FAILFAST",
            "--quiet");
    JobResult result = job.run(spark);
    return result.totals().tokens();
  }

  String version() {
    return spark.version();
  }

  @Override
  public void close() {
    spark.stop();
  }
}
