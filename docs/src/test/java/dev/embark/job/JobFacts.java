package dev.embark.job;

import dev.embark.job.cli.Terminal;
import dev.embark.job.run.Termination;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The batch job, for the documentation to run. */
public final class JobFacts {
  private JobFacts() {}

  /** The options of a job, without those of spark-submit. */
  public static List<OptionSpec> options() {
    return new CommandLine(new EmbedJob(Terminal.system())).getCommandSpec().options();
  }

  /** Does what {@code embark run} does with these arguments, in a session; returns its output. */
  public static String run(SparkSession spark, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    EmbedJob job = new EmbedJob(new Terminal(print, System.err, false));
    CommandLine line = new CommandLine(job).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs(arguments);
    job.perform(spark, new Termination(spark));
    return out.toString(StandardCharsets.UTF_8);
  }
}
