package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.run.JobResult;
import dev.embark.job.run.JobRun;
import dev.embark.job.run.RunEnd;
import dev.embark.job.run.RunListener;
import dev.embark.job.run.Termination;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs into one output of a test, with their arguments, events and results. */
public final class Runs implements RunListener {
  private final SparkSession spark = LocalSpark.session();
  private final Path folder;
  private final String format;
  private final String output;

  public final Captured captured = new Captured(false);
  public final List<String> events = new ArrayList<>();

  /** Called when a wave starts; may throw to simulate a crash. */
  public Runnable atWaveStart = () -> {};

  /** Called when a run ends early; may throw to simulate a full disk. */
  Runnable atEarlyEnd = () -> {};

  /** Wraps the real sink in the one that the run uses. */
  public UnaryOperator<Sink> sink = UnaryOperator.identity();

  final Termination termination;

  @Command(name = "embark run")
  private static final class Holder implements Runnable {
    @Mixin private JobSpec spec;

    @Override
    public void run() {
      spec.check();
    }
  }

  public Runs(Path folder, String format) {
    this(
        folder,
        format,
        format.equals("iceberg")
            ? "lake.db." + folder.getFileName().toString().replaceAll("\\W", "_")
            : folder.resolve("out").toString());
  }

  public Runs(Path folder, String format, String output) {
    this.folder = folder;
    this.format = format;
    this.output = output;
    this.termination = new Termination(spark);
  }

  public String output() {
    return output;
  }

  /** Returns the SQL reference of the output. */
  public String table() {
    return format.equals("iceberg") ? output : "%s.`%s`".formatted(format, output);
  }

  public String json(String name, Map<Integer, String> textsById) throws IOException {
    List<String> lines = new ArrayList<>();
    textsById.forEach(
        (id, text) ->
            lines.add(
                text == null
                    ? "{\"id\":%d,\"text\":null}".formatted(id)
                    : "{\"id\":%d,\"text\":\"%s\"}".formatted(id, text)));
    return Files.write(folder.resolve(name), lines).toString();
  }

  public JobSpec spec(String input, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--output", output, "--output-format", format, "--quiet"));
    if (input != null) {
      arguments.addAll(List.of("--input", input));
    }
    arguments.addAll(Arrays.asList(more));
    Holder holder = new Holder();
    new CommandLine(holder)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    holder.run();
    return holder.spec;
  }

  public JobResult run(String input, String... more) {
    JobSpec spec = spec(input, more);
    return new JobRun(
            spark,
            spec,
            sink.apply(Sink.of(spark, spec)),
            this,
            termination,
            captured.terminal().err()::println)
        .run();
  }

  public Dataset<Row> written() {
    return spark.table(table());
  }

  /** Returns the vectors by id; asserts that each id occurs once. */
  public Map<Integer, List<Float>> vectors() {
    Map<Integer, List<Float>> vectors = new LinkedHashMap<>();
    for (Row row : written().selectExpr("CAST(id AS INT)", "embedding").collectAsList()) {
      assertThat(vectors.put(row.getInt(0), row.isNullAt(1) ? null : row.getList(1)))
          .as("id %d is there twice", row.getInt(0))
          .isNull();
    }
    return vectors;
  }

  public Path state() {
    return Path.of(output, "_embark");
  }

  /** Returns the newest version in the log of the output's state. */
  public Path newestVersion() throws IOException {
    try (Stream<Path> versions = Files.list(state().resolve("log"))) {
      return versions.max(Comparator.naturalOrder()).orElseThrow();
    }
  }

  @Override
  public void planned(RunPlan plan) {
    events.add("planned " + plan.waves());
  }

  @Override
  public void waveStarted(int number, int waves, long rows) {
    events.add("started " + number);
    atWaveStart.run();
  }

  @Override
  public void waveCommitted(WaveResult wave) {
    events.add("committed " + wave.number());
  }

  @Override
  public void finished(JobResult result) {
    events.add("finished");
  }

  @Override
  public void endedEarly(JobResult soFar, RunEnd end) {
    events.add("ended early " + end.state());
    atEarlyEnd.run();
  }
}
