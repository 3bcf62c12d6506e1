package dev.embark.job;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs the batch job on a sample, then shows for a few queries which of its texts are nearest: the
 * main class behind {@code embark quickstart}. Sample and queries are rows with a text.
 */
@Command(
    name = "embark quickstart",
    description = "Embeds the sample and shows the nearest texts of some queries.")
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

  /** Makes a job that prints its results to {@code terminal.out()}. */
  public QuickstartJob(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the job in this process; under spark-submit. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new QuickstartJob(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    spec.check();
    try (SparkSession spark = SparkSession.builder().appName("embark quickstart").getOrCreate()) {
      EmbedJob.run(spark, spec, terminal).print(terminal.out());
      printNeighbours(spark);
    }
    return 0;
  }

  private void printNeighbours(SparkSession spark) {
    Neighbours texts = new Neighbours(vectors(spark.read().parquet(spec.output())));
    Dataset<Row> asked =
        Embedding.add(spark.read().json(queries), TEXT, Map.copyOf(spec.embedOptions()));
    for (Neighbours.Text query : vectors(asked)) {
      terminal.out().println();
      terminal.out().println(query.text());
      for (Neighbours.Neighbour near : texts.nearest(query.vector(), NEAREST)) {
        terminal.out().printf(Locale.ROOT, "  %.3f  %s%n", near.cosine(), near.text());
      }
    }
    terminal.out().flush();
  }

  private static List<Neighbours.Text> vectors(Dataset<Row> embedded) {
    return embedded
        .select(Embedding.quoted(TEXT), Embedding.quoted(JobSpec.EMBEDDING_COLUMN))
        .collectAsList()
        .stream()
        .map(row -> new Neighbours.Text(row.getString(0), floats(row.getList(1))))
        .toList();
  }

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }
}
