package dev.embark.bench.ours;

import dev.embark.bench.side.Side;
import dev.embark.bench.side.SparkTexts;
import dev.embark.job.EmbedJob;
import dev.embark.job.cli.Terminal;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;

/**
 * The whole batch job on a local Spark: Parquet in, Parquet with vectors out. Arguments: a folder
 * for its files, and the cores.
 */
public final class JobSide implements Side {
  private final Path folder;
  private final int cores;
  private final SparkSession spark;

  /** Starts Spark. */
  public JobSide(List<String> arguments) {
    folder = Path.of(arguments.get(0));
    cores = Integer.parseInt(arguments.get(1));
    spark = SparkTexts.start(cores, folder);
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    Path input = SparkTexts.write(spark, folder, name, texts, cores);
    Path output = folder.resolve(name + "-embedded");
    return new Work() {
      @Override
      public long run() {
        EmbedJob job = new EmbedJob(Terminal.system());
        new CommandLine(job)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .parseArgs(
                "--input=" + input,
                "--input-format=parquet",
                "--output=" + output,
                "--save-mode=overwrite",
                "--mode=FAILFAST",
                "--quiet");
        return job.run(spark).counts().tokens();
      }

      @Override
      public float[][] vectors() {
        run();
        return SparkTexts.vectors(spark.read().parquet(output.toString()));
      }
    };
  }

  @Override
  public void close() {
    spark.stop();
  }
}
