package dev.embark.job.run;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.input.RunInput;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Quarantine;
import dev.embark.job.state.ReadyWave;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.Wave;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Steps that take a wave from its texts into the output and the quarantine; the caller records each
 * in the log. Owned by the thread of the run.
 */
final class WaveSteps {
  private final SparkSession spark;
  private final JobSpec spec;
  private final Sink sink;
  private final StateFolder state;
  private final WaveWriter embedder;
  private final List<String> otherEmbeddings;

  private StructType inputSchema; // of the copy of the input; null before the first wave
  private Dataset<Row> embedded; // of the ready wave; null if not kept, or of another process

  WaveSteps(
      SparkSession spark,
      JobSpec spec,
      Sink sink,
      StateFolder state,
      WaveWriter embedder,
      List<String> otherEmbeddings) {
    this.spark = spark;
    this.spec = spec;
    this.sink = sink;
    this.state = state;
    this.embedder = embedder;
    this.otherEmbeddings = otherEmbeddings;
  }

  /**
   * Embeds a wave and prepares its files where no reader sees them.
   *
   * @param parts number of parts of the input that form the wave
   */
  ReadyWave ready(Manifest.Run run, Wave wave, int parts) {
    Instant start = Instant.now();
    String name = "wave-" + wave.number() + "-" + UUID.randomUUID().toString().substring(0, 8);
    Path folder = new Path(state.runFolder(run), name);
    boolean isKept = sink.readsRowsAgain();
    try {
      WaveWriter.Embedded computed = embedder.embed(input(run, wave), wave.rows(), folder, isKept);
      if (computed.totals().counts().failed() > 0) {
        new Quarantine(spark, state)
            .prepare(run, wave.number(), embedder.failed(computed.rows()), folder);
      }
      ReadyWave ready = ReadyWave.of(wave, parts, name, start, computed.totals());
      sink.prepare(commit(run, ready, computed.rows()));
      embedded = isKept ? computed.rows() : null;
      return ready;
    } finally {
      embedder.release();
    }
  }

  private Dataset<Row> input(Manifest.Run run, Wave wave) {
    Path folder = state.runFolder(run);
    if (inputSchema == null) {
      inputSchema = RunInput.read(spark, folder, wave).schema();
    }
    return RunInput.read(spark, folder, wave, inputSchema);
  }

  /**
   * Publishes a wave that is ready; idempotent.
   *
   * @return false if an object store has aborted its uploads, because the run was interrupted for
   *     days; nothing of the wave is then published, and it has to be embedded again
   */
  boolean isPublished(Manifest.Run run, ReadyWave ready) {
    Path folder = folder(run, ready);
    if (embedded == null && sink.readsRowsAgain()) {
      embedded = embedder.read(folder);
    }
    Sink.Commit commit = commit(run, ready, embedded);
    embedded = null;
    Quarantine quarantine = new Quarantine(spark, state);
    boolean isWhole =
        sink.publish(commit)
            && (ready.totals().counts().failed() == 0
                || quarantine.publish(run, ready.number(), folder));
    if (!isWhole) {
      sink.withdraw(commit);
      quarantine.withdraw(run, ready.number(), folder);
    }
    return isWhole;
  }

  /** Deletes the rows of a committed wave from its folder. */
  void clear(Manifest.Run run, ReadyWave committed) {
    // Without rows there are only lists of uploads, which go with the folder of the run.
    if (sink.readsRowsAgain()) {
      state.delete(folder(run, committed));
    }
  }

  private Path folder(Manifest.Run run, ReadyWave wave) {
    return new Path(state.runFolder(run), wave.folder());
  }

  private Sink.Commit commit(Manifest.Run run, ReadyWave wave, Dataset<Row> computed) {
    Dataset<Row> rows = computed == null ? null : embedder.output(computed);
    OptionalInt files = spec.outputSpec().repartition();
    if (rows != null && files.isPresent()) {
      rows = rows.repartition(files.getAsInt());
    }
    return new Sink.Commit(
        run, wave.number(), rows, run.textColumn(), otherEmbeddings, folder(run, wave));
  }
}
