package dev.embark.job.input;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.scan.FooterCheck;
import dev.embark.job.scan.TextCheck;
import dev.embark.job.scan.TextOptions;
import dev.embark.job.state.Paths;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Rejects files that Spark would silently misread, before any text is embedded. */
public final class InputCheck {
  private InputCheck() {}

  /**
   * Scans all text files of an input unless opening it did, or the footers of its columnar files.
   *
   * @throws UserError naming the first faulty file and, for text, its line
   */
  public static void check(SparkSession spark, JobSpec spec, Source.Input input) {
    check(spark, spec, input, Paths.files(input.rows()));
  }

  /**
   * Scans some files of an input.
   *
   * @throws UserError naming the first faulty file and, for text, its line
   */
  public static void check(SparkSession spark, JobSpec spec, Source.Input input, List<Path> files) {
    if (!input.isScanned()) {
      TextOptions options =
          new TextOptions(input.format(), input.options(), input.rows().columns());
      new TextCheck(spark, spec.input()).check(options, files);
    }
    new FooterCheck(spark, spec.input()).check(input.format(), input.options(), files);
  }
}
