package dev.embark.job.run;

import dev.embark.job.changes.ChangeFinder;
import dev.embark.job.changes.Changes;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.InputCheck;
import dev.embark.job.input.RowRules;
import dev.embark.job.input.RunInput;
import dev.embark.job.input.Source;
import dev.embark.job.sink.Rehearsal;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Fingerprint;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.LeasedOutput;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Paths;
import dev.embark.job.state.PromptChoice;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.Wave;
import dev.embark.job.state.WaveFiles;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Prepares an output for a run: acquires its lease and then resumes the interrupted run or begins a
 * new one, as decided by {@link RunStart}.
 */
final class RunOpener implements AutoCloseable {
  static final String FALLBACK = "--incremental compares all rows of the input: ";

  private final SparkSession spark;
  private final JobSpec spec;
  private final Sink sink;
  private final Consumer<String> warnings;

  // Null until the lease is acquired.
  private LeasedOutput held;
  private RunStart start; // null until the model is fingerprinted
  private Source.Input input; // null until opened
  private NewOutput created; // null if the output had a state folder before this run

  RunOpener(SparkSession spark, JobSpec spec, Sink sink, Consumer<String> warnings) {
    this.spark = spark;
    this.spec = spec;
    this.sink = sink;
    this.warnings = warnings;
  }

  /**
   * A run that is ready to process waves.
   *
   * @param output the leased output; owned by the opener
   * @param run the run as stored in the log
   * @param call the call that computes its results, with the prompt that it uses
   * @param parts parts of its input in order
   * @param fingerprint fingerprint of its result column
   * @param otherEmbeddings names of the other result columns of the output
   */
  record Opened(
      LeasedOutput output,
      Manifest.Run run,
      FunctionCall call,
      List<Wave> parts,
      Fingerprint fingerprint,
      List<String> otherEmbeddings) {}

  /**
   * Opens the run; empty if there is nothing to do. Must be called only once.
   *
   * @throws UserError for a failure that the user can fix; {@link #held} and {@link #takesReport}
   *     may still be called afterwards
   */
  Optional<Opened> open() {
    Optional<StateFolder> there = sink.state();
    if (there.isPresent() && isLeftAlone(there.get())) {
      return Optional.empty();
    }
    Optional<NewOutput> missing = NewOutput.of(spark, sink);
    if (missing.isEmpty()) {
      held = LeasedOutput.take(there.orElseThrow(), warnings);
    }
    FunctionCall call =
        new PromptChoice(spark, spec, warnings)
            .choose(FunctionCall.of(spec), there.map(StateFolder::load));
    Fingerprint fingerprint = Fingerprint.of(spark, call);
    call.checkFit(spark);
    call.checkExecutor(spark);
    start = new RunStart(spark, spec, sink, fingerprint);
    if (missing.isPresent()) {
      StructType columns = start.schema(openInput());
      SerializerCheck.check(columns);
      InputCheck.check(spark, spec, openInput());
      new Rehearsal(spark, spec, sink).check(columns);
      created = missing.get();
      held = LeasedOutput.take(sink.open(columns), warnings);
    }
    Optional<Manifest.Run> run =
        start.resumable(held.manifest()).or(() -> begin(call, fingerprint));
    return run.map(opened -> opened(opened, call, fingerprint));
  }

  private Opened opened(Manifest.Run run, FunctionCall call, Fingerprint fingerprint) {
    List<Wave> parts = new WaveFiles(held.state(), run).read();
    if (run.kind() == Manifest.Kind.MERGE) {
      addColumn(run, parts.get(0));
    }
    return new Opened(held, run, call, parts, fingerprint, start.otherEmbeddings(held.manifest()));
  }

  /** Decided without the lease, because acquiring it requires write permission. */
  private boolean isLeftAlone(StateFolder state) {
    return state.load().unfinished().isEmpty() && sink.exists() && RunStart.isLeftAlone(spec, sink);
  }

  private Optional<Manifest.Run> begin(FunctionCall call, Fingerprint fingerprint) {
    Source.Input read = openInput();
    int number = held.manifest().last().map(last -> last.number() + 1).orElse(1);
    Manifest complete = held.manifest().withoutUnfinished();
    Optional<RunStart.Way> way = start.choose(held.manifest(), read);
    if (way.isEmpty()) {
      return Optional.empty();
    }
    ChangeFinder finder = new ChangeFinder(spark, spec, read);
    Optional<Changes> changes =
        way.filter(RunStart.Way::isIncremental)
            .map(incremental -> start.changes(complete, finder, held.state()));
    changes.flatMap(Changes::fallback).ifPresent(this::warnOfFallback);
    if (created == null) {
      SerializerCheck.check(start.schema(read));
      InputCheck.check(
          spark, spec, read, changes.map(Changes::files).orElseGet(() -> Paths.files(read.rows())));
    }
    held.confirm();
    Rehearsal rehearsal = new Rehearsal(spark, spec, sink);
    rehearsal.check(start.schema(read), held.state().path("rehearsal"));
    if (way.get().kind() != Manifest.Kind.REPLACE) {
      rehearsal.checkTable(start.schema(read));
      new RowRules(spec, sink)
          .check(changes.map(Changes::plain).orElse(read.rows()), read.textColumn());
    }
    Manifest.Run run =
        new NewRun(start, complete, way.get(), read, finder, changes)
            .begin(spark, spec, call, number, held.state());
    changes.ifPresent(Changes::close);
    Optional<Manifest.Run> givenUp = held.manifest().unfinished();
    boolean isHalfWritten = givenUp.filter(sink::holdsAnyOf).isPresent();
    held.save((isHalfWritten ? complete.withoutColumns() : complete).with(run, fingerprint));
    // The discarded run stays resumable until the new run has its copy of the input.
    held.state().deleteOtherRuns(run);
    if (givenUp.isPresent() && !isHalfWritten) {
      warnings.accept(
          "an interrupted run of another command, which had written nothing to %s yet, was given up for this one"
              .formatted(sink.location()));
    }
    return Optional.of(run);
  }

  private void warnOfFallback(String reason) {
    warnings.accept(FALLBACK + reason);
  }

  /** Opens the input once; a resumed run never does, because it has its own copy. */
  private Source.Input openInput() {
    if (input == null) {
      input = new Source(spark, spec, sink).open();
      input.warnings().forEach(warnings);
    }
    return input;
  }

  private void addColumn(Manifest.Run run, Wave part) {
    Dataset<Row> rows = RunInput.read(spark, held.state().runFolder(run), part);
    StructField added = start.resultField(rows, run.textColumn());
    sink.addColumn(added.name(), added.dataType().sql());
  }

  /** Returns the output if this process holds its lease. */
  Optional<LeasedOutput> held() {
    return Optional.ofNullable(held).filter(LeasedOutput::isHeld);
  }

  /**
   * Returns whether this run may write its report to the output, as far as is known before
   * planning.
   */
  boolean takesReport() {
    Manifest there = held.state().load();
    Optional<Manifest.Run> unfinished = there.unfinished();
    if (unfinished.isPresent() && (start == null || !start.leavesNoTrace(unfinished.get()))) {
      return start != null && start.takesOver(unfinished.get());
    }
    return !sink.exists() || (RunStart.writesIntoExisting(spec) && !there.columns().isEmpty());
  }

  /** Removes a new output of a run that failed before it was planned; otherwise a no-op. */
  void abandon() {
    if (created != null && held == null) {
      sink.discard();
    } else if (created != null && held.manifest().runs().isEmpty() && held.isHeld()) {
      created.remove(held);
    }
  }

  /** Releases the lease. */
  @Override
  public void close() {
    if (held != null) {
      held.close();
    }
  }
}
