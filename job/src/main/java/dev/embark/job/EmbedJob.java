package dev.embark.job;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.Secrets;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.job.progress.Meter;
import dev.embark.job.progress.Progress;
import dev.embark.job.progress.ProgressView;
import dev.embark.job.progress.ReportWriter;
import dev.embark.job.report.ReportJson;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.Estimate;
import dev.embark.job.run.JobResult;
import dev.embark.job.run.JobRun;
import dev.embark.job.run.RunListener;
import dev.embark.job.run.Termination;
import dev.embark.job.sink.Sink;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Batch job that reads an input, embeds or answers its texts, and writes all columns with the
 * result. Main class of {@code embark run}; its arguments are those of {@link JobSpec}.
 */
@Command(
    name = "embark run",
    description =
        "Embeds the texts of an input, or answers them; can be interrupted and run again.")
public final class EmbedJob implements Callable<Integer> {
  private static final int FAILED_IDS_SHOWN = 10;

  @Mixin private JobSpec spec;

  private final Terminal terminal;

  /** Creates a job that prints to {@code terminal}. */
  public EmbedJob(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the job in this process, which spark-submit starts. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new EmbedJob(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    spec.check();
    DriverSession.run("embark run", terminal, this::perform);
    return 0;
  }

  /** Executes the command in a session and prints the result. */
  public void perform(SparkSession spark, Termination termination) {
    if (spec.dryRun()) {
      termination
          .interruptible(
              "estimate",
              () -> estimate(spark),
              () -> "nothing was written; run the same command again for its estimate")
          .print(terminal.out(), spec.progress(), spec.function());
    } else {
      run(spark, spec, terminal, termination).print(terminal.out(), spec.function());
    }
  }

  /**
   * Executes the run in a session; blocks until the output is committed.
   *
   * @throws UserError for a failure that the user can fix
   */
  public JobResult run(SparkSession spark) {
    return run(spark, spec, terminal, new Termination(spark));
  }

  /**
   * Executes a run in a session of another language; warnings and progress go to standard error.
   * Not an overload of {@code run}, since Py4J finds no static method that has an instance method's
   * name.
   *
   * @param arguments those of {@code embark run}; with {@code --dry-run} the result is an estimate
   * @return one JSON object with the figures of the run or of the estimate
   * @throws picocli.CommandLine.ParameterException if an argument is wrong
   * @throws UserError for a failure that the user can fix
   */
  public static String runIn(SparkSession spark, List<String> arguments) {
    Terminal terminal = Terminal.system();
    EmbedJob job = new EmbedJob(terminal);
    Cli.parse(Cli.of(job, terminal), arguments);
    job.spec.check();
    return ReportJson.line(
        job.spec.dryRun() ? job.estimate(spark).figures() : job.run(spark).figures());
  }

  /**
   * Returns a dry-run estimate; writes nothing.
   *
   * @throws UserError for every condition that would stop a run before its first wave
   */
  public Estimate estimate(SparkSession spark) {
    return new DryRun(spark, spec, text -> warn(terminal, text)).run();
  }

  static JobResult run(
      SparkSession spark, JobSpec spec, Terminal terminal, Termination termination) {
    Meter meter =
        new Meter(
            () -> spec.function().counts(ApplicationProgress.of(spark).counts()), System::nanoTime);
    ProgressView view = ProgressView.of(spec.progress(), terminal, spec.function());
    JobResult result;
    try (Progress progress = Progress.of(spark, meter, view)) {
      RunListener listeners =
          RunListener.all(List.of(progress, new ReportWriter(spark, spec, meter)));
      result =
          new JobRun(
                  spark,
                  spec,
                  Sink.of(spark, spec),
                  listeners,
                  termination,
                  text -> warn(terminal, text))
              .run();
    }
    if (result.counts().failed() > 0) {
      warn(terminal, failedRows(spark, result, spec.function()));
    }
    return result;
  }

  private static void warn(Terminal terminal, String text) {
    terminal.err().println("warning: " + Secrets.redacted(text));
  }

  private static String failedRows(SparkSession spark, JobResult result, JobFunction function) {
    String quarantine = result.stateFolder() + "/quarantine";
    List<Row> failed =
        spark
            .read()
            .parquet(quarantine)
            // The quarantine also holds rows of earlier runs until they are processed again.
            .where(col("run").equalTo(result.plan().number()).and(col("id").isNotNull()))
            // Ids are stored as strings, in which 10 would sort before 9.
            .orderBy(expr("try_cast(id AS DECIMAL(38, 0))"), col("id"))
            .limit(FAILED_IDS_SHOWN)
            .collectAsList();
    String ids =
        failed.stream().map(row -> String.valueOf(row.get(0))).collect(Collectors.joining(", "));
    long count = result.counts().failed();
    return "%s could not be %s and %s NULL as %s%s; see %s"
        .formatted(
            count == 1 ? "1 row" : count + " rows",
            function.done(),
            count == 1 ? "has" : "have",
            function.result(),
            ids.isEmpty() ? "" : ", the first by id: " + ids,
            quarantine);
  }
}
