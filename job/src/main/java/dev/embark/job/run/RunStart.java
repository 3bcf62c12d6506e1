package dev.embark.job.run;

import dev.embark.job.changes.ChangeFinder;
import dev.embark.job.changes.Changes;
import dev.embark.job.changes.ProcessedRows;
import dev.embark.job.cli.ChunkColumns;
import dev.embark.job.cli.ExistingOutput;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.RunInput;
import dev.embark.job.input.Source;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Fingerprint;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.RunArguments;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.WaveProgress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Decides how a run starts on an output: resume an interrupted run, begin a new one, or fail. */
final class RunStart {
  private final JobSpec spec;
  private final OutputSpec output;
  private final Sink sink;
  private final Fingerprint fingerprint;
  private final RunArguments arguments;

  RunStart(SparkSession spark, JobSpec spec, Sink sink, Fingerprint fingerprint) {
    this.spec = spec;
    this.output = spec.outputSpec();
    this.sink = sink;
    this.fingerprint = fingerprint;
    this.arguments = RunArguments.of(spark, spec, fingerprint);
  }

  /**
   * Write strategy of a new run.
   *
   * @param kind how its rows are written to the output
   * @param isIncremental whether rows already in the output are skipped
   */
  record Way(Manifest.Kind kind, boolean isIncremental) {}

  /**
   * Returns the run to resume; empty to begin a new one.
   *
   * @throws UserError if a different command was interrupted after writing to the output
   */
  Optional<Manifest.Run> resumable(Manifest manifest) {
    Optional<Manifest.Run> unfinished = manifest.unfinished();
    if (unfinished.isEmpty() || takesOver(unfinished.get())) {
      return unfinished.filter(this::isOf);
    }
    List<String> differences = arguments.differences(unfinished.get());
    throw new UserError(
        "Another command was interrupted while it wrote to %s%s; run that one again to finish it, or set --save-mode overwrite, which replaces all that is there"
            .formatted(
                sink.location(),
                differences.isEmpty() ? "" : ", with another " + String.join(", ", differences)));
  }

  private boolean isOf(Manifest.Run unfinished) {
    return arguments.areOf(unfinished);
  }

  /**
   * Returns whether an unfinished run belongs to a different command and has written nothing to the
   * output.
   */
  boolean leavesNoTrace(Manifest.Run unfinished) {
    return !isOf(unfinished) && !sink.holdsAnyOf(unfinished);
  }

  /** Returns whether an unfinished run is resumed or discarded. */
  boolean takesOver(Manifest.Run unfinished) {
    return isOf(unfinished)
        || leavesNoTrace(unfinished)
        || output.saveMode() == ExistingOutput.OVERWRITE;
  }

  /**
   * Chooses the write strategy of a new run; empty if there is nothing to do.
   *
   * @param manifest manifest of the output, whose unfinished run is discarded
   * @throws UserError if the output must not be modified
   */
  Optional<Way> choose(Manifest manifest, Source.Input input) {
    if (!sink.exists()) {
      // Otherwise the rows of an earlier run were deleted, or a discarded run created the empty
      // table.
      boolean isFirst = manifest.runs().isEmpty();
      return Optional.of(new Way(isFirst ? Manifest.Kind.APPEND : Manifest.Kind.REPLACE, false));
    }
    if (isLeftAlone(spec, sink)) {
      return Optional.empty();
    }
    return Optional.of(
        output.saveMode() == ExistingOutput.OVERWRITE
            ? new Way(Manifest.Kind.REPLACE, false)
            : append(manifest.withoutUnfinished(), input));
  }

  /**
   * Returns whether an output that {@link Sink#exists} is left unchanged.
   *
   * @throws UserError if the save mode requires a failure
   */
  static boolean isLeftAlone(JobSpec spec, Sink sink) {
    ExistingOutput saveMode = spec.outputSpec().saveMode();
    if (saveMode == ExistingOutput.ERRORIFEXISTS && !writesIntoExisting(spec)) {
      throw new UserError(
          "There is something at %s already; choose another --output, or set --save-mode overwrite or append"
              .formatted(sink.location()));
    }
    return saveMode == ExistingOutput.IGNORE;
  }

  /** Returns whether the options permit writing to an existing output. */
  static boolean writesIntoExisting(JobSpec spec) {
    OutputSpec output = spec.outputSpec();
    return switch (output.saveMode()) {
      case APPEND, OVERWRITE -> true;
      case ERRORIFEXISTS -> output.newFingerprint().isPresent() || spec.retryQuarantined();
      case IGNORE -> false;
    };
  }

  private Way append(Manifest manifest, Source.Input input) {
    if (manifest.columns().isEmpty()) {
      throw new UserError(
          "%s was not written by Embark or holds an incomplete run, so the model of its results is unknown; choose another --output, or set --save-mode overwrite"
              .formatted(sink.location()));
    }
    String column = spec.resultColumn();
    Fingerprint there = manifest.columns().get(column);
    Optional<OutputSpec.NewFingerprint> way = output.newFingerprint();
    if (there == null) {
      if (way.equals(Optional.of(OutputSpec.NewFingerprint.ADD_COLUMN))) {
        new LayoutCheck(spec, sink).check(layout(manifest), schema(input));
        return new Way(Manifest.Kind.MERGE, false);
      }
      throw new UserError(
          "%s has its results in %s and none in %s; to add that column, set --new-fingerprint add-column"
              .formatted(sink.location(), String.join(", ", manifest.columns().keySet()), column));
    }
    boolean isSame =
        spec.retryQuarantined()
            ? fingerprint.isSameForShortTexts(
                there, spec.explodesChunks() ? Set.of() : spec.function().ofLongTexts())
            : fingerprint.sha256().equals(there.sha256());
    boolean isOtherVersion = fingerprint.isOtherVersionOf(there);
    if (isSame || (isOtherVersion && output.acceptsVectorVersion())) {
      new LayoutCheck(spec, sink).check(layout(manifest), schema(input));
      return incremental();
    }
    if (way.equals(Optional.of(OutputSpec.NewFingerprint.OVERWRITE))) {
      return new Way(Manifest.Kind.REPLACE, false);
    }
    throw new UserError(
        "The results of %s cannot be mixed with these: %s; set %s--new-fingerprint overwrite, or add-column with another --embedding-column"
            .formatted(
                sink.location(),
                fingerprint.difference(there),
                isOtherVersion ? "--accept-vector-version to append to them, " : ""));
  }

  /** Returns the layout of an output with results. */
  static Manifest.Layout layout(Manifest manifest) {
    return manifest.last().orElseThrow().layout();
  }

  private Way incremental() {
    if (spec.idColumn().isEmpty()) {
      return new Way(Manifest.Kind.APPEND, false);
    }
    return new Way(output.format().isTable() ? Manifest.Kind.MERGE : Manifest.Kind.APPEND, true);
  }

  /**
   * Returns the rows of an input that an incremental run compares with the output.
   *
   * @param manifest manifest of the complete runs
   */
  Changes changes(Manifest manifest, ChangeFinder finder, StateFolder state) {
    Manifest.Run last = manifest.last().orElseThrow();
    String resultColumn = "--" + spec.function().result() + "-column";
    List<String> differences =
        arguments.differences(last).stream()
            .filter(
                name ->
                    name.startsWith("--input")
                        || Set.of("--query", "--text-column", "--id-column", resultColumn)
                            .contains(name))
            .toList();
    return finder.find(state, last, differences);
  }

  /** Returns the state of a run that is planned. */
  Manifest.Run run(
      String id,
      int number,
      Manifest.Kind kind,
      String textColumn,
      Dataset<Row> rows,
      RunInput.Cut cut,
      Manifest.Upkeep upkeep) {
    return new Manifest.Run(
        id,
        number,
        textColumn,
        spec.resultColumn(),
        fingerprint.sha256(),
        arguments.digest(),
        kind,
        Manifest.Layout.of(
            output.format().toString(),
            output.partitionBy(),
            schema(rows, textColumn),
            sink.ownColumns()),
        false,
        cut.counts(),
        WaveProgress.planned(cut.parts()),
        upkeep);
  }

  /** Returns the index of the rows already in the output; only for an incremental {@link Way}. */
  ProcessedRows known(Manifest manifest, String textColumn) {
    // With a single result column, NULL means failure; with several, it may mean a new row.
    Optional<String> failedIn =
        spec.retryQuarantined() || manifest.columns().size() > 1
            ? Optional.of(spec.resultColumn())
            : Optional.empty();
    Dataset<Row> rows = sink.read(layout(manifest));
    if (spec.explodesChunks()) {
      Column position = Columns.quoted(ChunkColumns.POSITION);
      rows = rows.where(position.isNull().or(position.equalTo(0))); // one row of each text
    }
    List<String> compared = output.compareColumns();
    for (String column : compared) {
      if (Arrays.stream(rows.columns()).noneMatch(column::equalsIgnoreCase)) {
        throw new UserError(
            "%s has no column %s to compare; leave it out of --compare-columns"
                .formatted(sink.location(), column));
      }
    }
    return new ProcessedRows(
        rows, spec.idColumn().orElseThrow(), textColumn, failedIn, compared, spec.resultColumn());
  }

  /** Returns the output's columns, including the result column of the run. */
  StructType schema(Source.Input input) {
    return schema(input.rows(), input.textColumn());
  }

  private StructType schema(Dataset<Row> rows, String textColumn) {
    StructType schema = rows.schema();
    List<Column> added =
        ChunkRows.columns(FunctionCall.of(spec), Columns.quoted(textColumn), spec.resultColumn());
    for (StructField field : rows.select(added.toArray(Column[]::new)).schema().fields()) {
      schema = schema.add(field.name(), field.dataType()); // NULL for a text that failed
    }
    return schema;
  }

  /** Returns the result column that the run adds to rows. */
  StructField resultField(Dataset<Row> rows, String textColumn) {
    return rows.select(
            FunctionCall.of(spec).result(Columns.quoted(textColumn)).as(spec.resultColumn()))
        .schema()
        .apply(0);
  }

  /** Returns the names of the other result columns of the output. */
  List<String> otherEmbeddings(Manifest manifest) {
    return manifest.columns().keySet().stream()
        .filter(column -> !column.equals(spec.resultColumn()))
        .toList();
  }
}
