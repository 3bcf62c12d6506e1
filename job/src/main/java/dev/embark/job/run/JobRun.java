package dev.embark.job.run;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.changes.ChangeFinder;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.RunInput;
import dev.embark.job.report.Cost;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.LeasedOutput;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Quarantine;
import dev.embark.job.state.ReadyWave;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.Wave;
import dev.embark.job.state.WaveFiles;
import dev.embark.job.state.WaveResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSError;
import org.apache.spark.sql.SparkSession;

/**
 * Executes a run wave by wave, from its input to the last commit. Each step adds a version to the
 * log of the output's state, so the same command resumes an interrupted run.
 *
 * <pre>
 *  input ──copied once──► waves ──function──► wave folder    (log: the wave is ready)
 *                                                 └──► output (log: it is committed)
 * </pre>
 */
public final class JobRun {
  private final SparkSession spark;
  private final JobSpec spec;
  private final RunListener listener;
  private final Termination termination;
  private final Sink sink;
  private final RunOpener opener;

  private RunOpener.Opened opened; // null until the run is opened, like all fields below
  private LeasedOutput output;
  private StateFolder state;
  private Manifest.Run run;
  private List<WaveResult> committed; // of all processes of the run
  private RunPlan plan;
  private WaveSteps waves;

  public JobRun(
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
    this.opener = new RunOpener(spark, spec, sink, warnings);
  }

  /**
   * Executes the run to its end.
   *
   * @throws UserError for a failure that the user can fix; committed waves remain, and the same
   *     command resumes the run
   */
  public JobResult run() {
    try (opener) {
      return attempt(Instant.now());
    } catch (FSError e) {
      // Hadoop's way of reporting a full local disk.
      throw unforeseen(e);
    }
  }

  private JobResult attempt(Instant start) {
    try {
      Optional<RunOpener.Opened> found =
          termination.interruptible("read the input", opener::open, this::howToCarryOn);
      if (found.isEmpty()) {
        return nothingToDo();
      }
      opened = found.get();
      output = opened.output();
      state = output.state();
      run = opened.run();
      committed = new ArrayList<>(new WaveFiles(state, run).committed());
      FunctionCall call = opened.call().pinned(spark, opened.fingerprint());
      waves =
          new WaveSteps(
              spark,
              spec,
              sink,
              state,
              new WaveWriter(spark, spec, run.textColumn(), call),
              opened.otherEmbeddings());
      plan = run.plan(expectedWaves(), List.copyOf(committed)).with(opened.call().given());
    } catch (Exception | FSError e) {
      if (!termination.isRequested()) {
        opener.abandon();
      }
      tellEnd(e, start);
      throw e;
    }
    listener.planned(plan);
    try {
      while (run.progress().partsLeft() > 0) {
        takeWave();
      }
      return finish(start);
    } catch (Exception | FSError e) {
      // Scala code throws checked exceptions such as SparkException undeclared.
      UserError error = e instanceof UserError known ? known : unforeseen(e);
      tellEnd(error, start);
      throw error;
    }
  }

  private JobResult nothingToDo() {
    return new JobResult(
        RunPlan.NONE,
        List.of(),
        Duration.ZERO,
        sink.location(),
        sink.state().orElseThrow().toString(),
        Optional.empty());
  }

  private void save(Manifest.Run changed) {
    Manifest.Run next =
        changed.with(new WaveFiles(state, changed).checkpointed(changed.progress()));
    output.save(output.manifest().with(next, opened.fingerprint()));
    run = next;
  }

  private UserError unforeseen(Throwable e) {
    return new UserError(
        "%s (%s; fix the cause, then run the same command to resume)"
            .formatted(Failures.sentence(e), progressOfWaves()),
        e);
  }

  private void tellEnd(Throwable error, Instant start) {
    Optional<LeasedOutput> held = opener.held();
    if (held.isEmpty()) {
      return;
    }
    RunEnd end =
        new RunEnd(
            termination.isRequested() ? RunEnd.State.STOPPED : RunEnd.State.FAILED,
            Optional.of(Failures.sentence(error)));
    try {
      if (plan != null) {
        listener.endedEarly(result(committed, start), end);
      } else if (opener.takesReport()) {
        plan = RunPlan.NONE;
        state = held.get().state();
        listener.endedEarly(result(List.of(), start), end);
      }
    } catch (Exception | FSError e) {
      // Reporting may fail for the same reason, such as a full disk; the first error is the one to
      // fix.
      error.addSuppressed(e);
    }
  }

  private JobResult result(List<WaveResult> waves, Instant start) {
    Duration took = Duration.between(start, Instant.now());
    return new JobResult(
        plan, List.copyOf(waves), took, sink.location(), state.toString(), cost(waves, took));
  }

  private Optional<Cost> cost(List<WaveResult> waves, Duration took) {
    if (spec.pricePerCoreHour().isEmpty()) {
      return Optional.empty();
    }
    List<WaveResult> ofThisProcess = waves.subList(plan.committed().size(), waves.size());
    return Optional.of(
        Cost.of(
            spec.pricePerCoreHour().getAsDouble(),
            spark.sparkContext().defaultParallelism(),
            took.toMillis() / 1e3,
            WaveResult.counts(ofThisProcess).rows()));
  }

  private int expectedWaves() {
    return WaveSize.waves(spec, committed, run.progress().partsLeft());
  }

  private void takeWave() {
    if (run.ready().isEmpty()) {
      prepare();
    }
    Instant start = Instant.now();
    output.confirm();
    while (!waves.isPublished(run, run.ready().orElseThrow())) {
      save(run.withoutReady());
      prepare();
      start = Instant.now();
      output.confirm();
    }
    ReadyWave ready = run.ready().orElseThrow();
    WaveResult result = ready.committed(start);
    save(run.with(result));
    committed.add(result);
    waves.clear(run, ready);
    listener.waveCommitted(result);
  }

  private void prepare() {
    stopIfTooManyFailed();
    termination.check(howToCarryOn());
    int from = run.progress().partsCommitted();
    int parts = WaveSize.parts(spec, committed, run.progress().partsLeft());
    Wave wave = Wave.of(committed.size(), opened.parts().subList(from, from + parts));
    plan = plan.withWaves(expectedWaves());
    listener.waveStarted(wave.number(), plan.waves(), wave.rows());
    save(
        run.with(
            termination.interruptible(
                "embed a wave", () -> waves.ready(run, wave, parts), this::howToCarryOn)));
  }

  /**
   * Includes waves committed by earlier processes, so that repeating the command cannot pass the
   * limit.
   */
  private void stopIfTooManyFailed() {
    RowCounts counts = run.progress().totals().counts();
    if (spec.maxFailed().isExceededBy(counts)) {
      throw new UserError(
          "%d of %d rows failed, which is more than --max-failed %s; see %s for what failed, then run again with a higher limit to carry on (%s)"
              .formatted(
                  counts.failed(),
                  counts.rows(),
                  spec.maxFailed(),
                  state.path("quarantine"),
                  progressOfWaves()));
    }
  }

  private String progressOfWaves() {
    if (committed == null) {
      return "no wave has begun";
    }
    int all = expectedWaves();
    boolean isEstimate = spec.rowsPerWave().isEmpty() && all > committed.size() + 1;
    return "%d of %s waves are in %s"
        .formatted(committed.size(), isEstimate ? "about " + all : all, sink.location());
  }

  private String howToCarryOn() {
    return progressOfWaves() + "; run the same command again to carry on";
  }

  private JobResult finish(Instant start) {
    stopIfTooManyFailed();
    output.confirm();
    sink.finish();
    settleQuarantine();
    JobResult result = result(committed, start);
    listener.finished(result);
    save(run.completed());
    ChangeFinder.keepOnly(state, run);
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
