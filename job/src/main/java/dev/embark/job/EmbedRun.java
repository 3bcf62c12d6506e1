package dev.embark.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;

/**
 * Takes a run from its input to the last commit, wave by wave. After each step the manifest says
 * how far it is, so that the same command carries on where this process ended.
 *
 * <pre>
 *  input ──copy, once──► waves ──embed──► beside the output ──manifest: READY──► output ──manifest: COMMITTED
 * </pre>
 */
final class EmbedRun {
  private final SparkSession spark;
  private final JobSpec spec;
  private final RunListener listener;
  private final Termination termination;
  private final Consumer<String> warnings;

  private final Sink sink;
  private Fingerprint fingerprint; // null until the model was read
  private RunStart begin; // null where the fingerprint could not be had
  private RunLock lock; // null until there is a place for it, and if another process has it
  private StateFolder state;
  private Manifest manifest;
  private Manifest.Run run;
  private RunPlan plan;
  private WaveEmbedder embedder;
  private Source.Input input; // null until it is opened
  private List<String> otherEmbeddings;

  EmbedRun(
      SparkSession spark,
      JobSpec spec,
      Sink sink,
      RunListener listener,
      Termination termination,
      Consumer<String> warnings) {
    this.spark = spark;
    this.spec = spec;
    this.sink = sink;
    this.listener = listener;
    this.termination = termination;
    this.warnings = warnings;
  }

  /**
   * Runs to the end.
   *
   * @throws UserError for what the user can mend; what is committed by then stays, and the same
   *     command carries on
   */
  JobResult run() {
    try {
      return attempt(Instant.now());
    } catch (FSError e) {
      // So Hadoop tells that a local disk is full.
      throw unforeseen(e);
    } finally {
      if (lock != null) {
        lock.close();
      }
    }
  }

  private JobResult attempt(Instant start) {
    try {
      if (!begin()) {
        return nothingToDo();
      }
    } catch (Exception | FSError e) {
      tellEnd(e, start);
      throw e;
    }
    listener.planned(plan);
    try {
      run.waves().forEach(this::take);
      return finish(start);
    } catch (Exception | FSError e) {
      // Of any kind: Scala throws checked exceptions, such as SparkException, undeclared.
      UserError error = e instanceof UserError known ? known : unforeseen(e);
      tellEnd(error, start);
      throw error;
    }
  }

  /** Begins a run or takes up the one that was interrupted; false if there is nothing to do. */
  private boolean begin() {
    state = sink.state().orElse(null);
    if (state != null) {
      if (isLeftAlone()) {
        return false;
      }
      lock = RunLock.take(state, warnings);
    }
    fingerprint = Fingerprint.of(spark, TaskCall.of(spec));
    begin = new RunStart(spark, spec, sink, fingerprint);
    if (state == null) {
      state = sink.open(begin.schema(open()));
      lock = RunLock.take(state, warnings);
    }
    manifest = state.load();
    Optional<Manifest.Run> interrupted = begin.resumable(manifest);
    if (interrupted.isPresent()) {
      run = interrupted.get();
    } else if (!beginAnew()) {
      return false;
    }
    if (run.kind() == Manifest.Kind.MERGE) {
      Dataset<Row> rows = RunInput.read(spark, state.runFolder(run), run.waves().get(0));
      StructField added = begin.resultField(rows, run.textColumn());
      sink.addColumn(added.name(), added.dataType().sql());
    }
    otherEmbeddings = begin.otherEmbeddings(manifest);
    embedder = new WaveEmbedder(spark, spec, run.textColumn());
    plan = run.plan();
    return true;
  }

  /** Known without a lock, which takes the right to write. */
  private boolean isLeftAlone() {
    return state.load().unfinished().isEmpty() && sink.exists() && RunStart.isLeftAlone(spec, sink);
  }

  private boolean beginAnew() {
    Source.Input read = open();
    int number = manifest.last().map(last -> last.number() + 1).orElse(1);
    manifest = manifest.withoutUnfinished();
    Optional<RunStart.Way> way = begin.choose(manifest, read);
    if (way.isEmpty()) {
      return false;
    }
    lock.confirm();
    save(begin.begin(manifest, number, way.get(), read, state));
    // Only now: a run that was to be given up can be carried on until the new one has its copy.
    state.deleteOtherRuns(run);
    return true;
  }

  /** Opens the input, which a run that is carried on has a copy of. */
  private Source.Input open() {
    if (input == null) {
      input = new Source(spark, spec, sink).open();
      if (input.hasUnreadableLines()) {
        warnings.accept(
            "some lines of %s are not %s; they are kept in the column _corrupt_record, without %s"
                .formatted(spec.input(), input.format(), spec.task().result()));
      }
    }
    return input;
  }

  private JobResult nothingToDo() {
    return new JobResult(RunPlan.NONE, List.of(), Duration.ZERO, sink.location(), state.toString());
  }

  private void save(Manifest.Run changed) {
    lock.confirm();
    run = changed;
    manifest = manifest.with(run, fingerprint);
    state.save(manifest);
  }

  private UserError unforeseen(Throwable e) {
    return new UserError(
        "%s (%s; run the same command again to carry on)"
            .formatted(Failures.sentence(e), progressOfWaves()),
        e);
  }

  private void tellEnd(Throwable error, Instant start) {
    if (lock == null || !lock.isHeld()) {
      return;
    }
    RunEnd end =
        new RunEnd(
            termination.isRequested() ? RunEnd.State.STOPPED : RunEnd.State.FAILED,
            Optional.of(Failures.sentence(error)));
    try {
      if (plan != null) {
        listener.endedEarly(result(run.plan().committed(), start), end);
      } else if (takesReport()) {
        plan = RunPlan.NONE;
        listener.endedEarly(result(List.of(), start), end);
      }
    } catch (Exception | FSError e) {
      // Such as that the disk is full, again: the first error is the one to mend.
      error.addSuppressed(e);
    }
  }

  /** Whether the output is this run's to report in, as far as that is known without a plan. */
  private boolean takesReport() {
    Manifest there = state.load();
    if (there.unfinished().isPresent()) {
      return begin != null && begin.takesOver(there.unfinished().get());
    }
    return !sink.exists() || (RunStart.writesIntoExisting(spec) && !there.columns().isEmpty());
  }

  private JobResult result(List<WaveResult> waves, Instant start) {
    return new JobResult(
        plan, waves, Duration.between(start, Instant.now()), sink.location(), state.toString());
  }

  private void take(Manifest.Wave planned) {
    if (planned.state() == Manifest.State.COMMITTED) {
      return;
    }
    Manifest.Wave wave = planned;
    if (wave.state() == Manifest.State.PLANNED) {
      stopIfTooManyFailed();
      termination.check(progressOfWaves());
      listener.waveStarted(wave.number(), wave.rows());
      wave = termination.interruptible(() -> embed(planned), this::progressOfWaves);
      save(run.with(wave));
    }
    Instant publishStart = Instant.now();
    lock.confirm();
    sink.publish(commit(wave));
    new Quarantine(spark, state).publish(run, wave.number(), folder(wave));
    Path done = folder(wave);
    wave = wave.committed(publishStart);
    save(run.with(wave));
    state.delete(done);
    listener.waveCommitted(wave.result());
  }

  private Manifest.Wave embed(Manifest.Wave wave) {
    Instant start = Instant.now();
    String name = "wave-" + wave.number() + "-" + UUID.randomUUID().toString().substring(0, 8);
    Path folder = new Path(state.runFolder(run), name);
    Dataset<Row> rows = RunInput.read(spark, state.runFolder(run), wave);
    WaveEmbedder.Embedded embedded = embedder.embed(rows, wave.rows(), folder);
    if (embedded.totals().failedRows() > 0) {
      new Quarantine(spark, state).prepare(run, embedder.failed(embedded.rows()), folder);
    }
    Manifest.Wave ready = wave.ready(name, start, embedded.totals());
    sink.prepare(commit(ready));
    return ready;
  }

  private Path folder(Manifest.Wave wave) {
    return new Path(state.runFolder(run), wave.folder());
  }

  private Sink.Commit commit(Manifest.Wave wave) {
    Dataset<Row> embedded =
        embedder.output(spark.read().parquet(new Path(folder(wave), "embedded").toString()));
    OptionalInt files = spec.outputSpec().repartition();
    Dataset<Row> rows = files.isPresent() ? embedded.repartition(files.getAsInt()) : embedded;
    return new Sink.Commit(
        run, wave.number(), rows, run.textColumn(), otherEmbeddings, folder(wave));
  }

  /** Counts what is committed already, too: repeating the command gets no wave past the limit. */
  private void stopIfTooManyFailed() {
    RunTotals totals =
        run.plan().committed().stream()
            .map(WaveResult::totals)
            .reduce(RunTotals.NONE, RunTotals::plus);
    if (spec.maxFailed().isExceededBy(totals)) {
      throw new UserError(
          "%d of %d rows failed, which is more than --max-failed %s; see %s for what failed, then run again with a higher limit to carry on (%s)"
              .formatted(
                  totals.failedRows(),
                  totals.rows(),
                  spec.maxFailed(),
                  state.path("quarantine"),
                  progressOfWaves()));
    }
  }

  private String progressOfWaves() {
    if (run == null) {
      return "no wave has begun";
    }
    return "%d of %d waves are in %s"
        .formatted(run.plan().committed().size(), run.waves().size(), sink.location());
  }

  private JobResult finish(Instant start) {
    stopIfTooManyFailed();
    lock.confirm();
    sink.finish();
    settleQuarantine();
    JobResult result = result(run.plan().committed(), start);
    listener.finished(result);
    save(run.completed());
    state.delete(state.runFolder(run));
    return result;
  }

  private void settleQuarantine() {
    if (run.number() == 1) {
      return;
    }
    Quarantine quarantine = new Quarantine(spark, state);
    if (run.kind() == Manifest.Kind.REPLACE) {
      quarantine.settle(run, null);
    } else {
      spec.idColumn()
          .ifPresent(id -> quarantine.settle(run, RunInput.ids(spark, state.runFolder(run), id)));
    }
  }
}
