package dev.embark.job;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.Terminal;
import dev.embark.job.run.Termination;
import dev.embark.job.state.Columns;
import dev.embark.spark.Embark;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs the batch job on a sample and prints the nearest texts for a few queries: main class of
 * {@code embark quickstart}. Sample and queries have a column {@code text}.
 */
@Command(
    name = "embark quickstart",
    description = "Embeds the sample texts and prints the nearest texts to some queries.")
public final class QuickstartJob implements Callable<Integer> {
  private static final int NEAREST = 3;
  private static final String TEXT = "text";

  @Mixin private JobSpec spec;

  @Option(
      names = "--queries",
      required = true,
      paramLabel = "PATH",
      description = "JSON lines, each with a text to search for.")
  private String queries;

  private final Terminal terminal;

  /** Creates a job that prints its results to {@code terminal.out()}. */
  public QuickstartJob(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the job in this process, which spark-submit starts. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new QuickstartJob(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    spec.check();
    DriverSession.run("embark quickstart", terminal, this::perform);
    return 0;
  }

  private void perform(SparkSession spark, Termination termination) {
    EmbedJob.run(spark, spec, terminal, termination).print(terminal.out(), spec.function());
    printNeighbours(spark);
  }

  private void printNeighbours(SparkSession spark) {
    Dataset<Row> texts = spark.read().parquet(spec.output());
    for (Row query : spark.read().json(queries).select(Columns.quoted(TEXT)).collectAsList()) {
      terminal.out().println();
      terminal.out().println(query.getString(0));
      for (Row near : nearest(texts, query.getString(0))) {
        terminal.out().printf(Locale.ROOT, "  %.2f  %s%n", near.getFloat(0), near.getString(1));
      }
    }
    terminal.out().flush();
  }

  /** Returns rows of cosine similarity and text, nearest first. */
  private List<Row> nearest(Dataset<Row> texts, String query) {
    Column cosine =
        functions.call_function(
            "cosine_similarity",
            Columns.quoted(spec.resultColumn()),
            Embark.embed(functions.lit(query), spec.functionOptions()));
    return texts
        .select(cosine.as("cosine"), Columns.quoted(TEXT))
        .orderBy(functions.col("cosine").desc())
        .limit(NEAREST)
        .collectAsList();
  }
}
