package dev.embark.job.input;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import org.apache.spark.sql.SparkSession;

/** Rejects files that Spark would silently misread, before any text is embedded. */
public final class InputCheck {
  private InputCheck() {}

  /**
   * Scans the text files of an input, or the footers of its columnar files.
   *
   * @throws UserError naming the first faulty file and, for text, its line
   */
  public static void check(SparkSession spark, JobSpec spec, Source.Input input) {
    new TextCheck(spark, spec).check(input);
    new FooterCheck(spark, spec).check(input);
  }
}
