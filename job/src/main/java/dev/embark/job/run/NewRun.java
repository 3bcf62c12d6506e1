package dev.embark.job.run;

import static org.apache.spark.sql.functions.lit;

import dev.embark.job.changes.ChangeFinder;
import dev.embark.job.changes.Changes;
import dev.embark.job.changes.RowComparison;
import dev.embark.job.cli.ChunkColumns;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.input.PartSize;
import dev.embark.job.input.RunInput;
import dev.embark.job.input.Source;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.StateFolder;
import dev.embark.job.state.WaveFiles;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;

/**
 * A run that is about to begin on an output.
 *
 * @param start decisions on the output
 * @param complete manifest of the complete runs
 * @param way how the rows are written
 * @param input opened input
 * @param finder records the state of the input
 * @param changes rows to compare with the output; empty to process all rows
 */
record NewRun(
    RunStart start,
    Manifest complete,
    RunStart.Way way,
    Source.Input input,
    ChangeFinder finder,
    Optional<Changes> changes) {

  /**
   * Begins a run: copies the rows to process and divides them into parts.
   *
   * @param call call that computes the results
   * @param number run number, higher than that of any run, complete or not
   */
  Manifest.Run begin(
      SparkSession spark, JobSpec spec, FunctionCall call, int number, StateFolder state) {
    String id = UUID.randomUUID().toString().substring(0, 8);
    Optional<Manifest.Position> position =
        comparesWithAll(spec) ? finder.record(state, id) : Optional.empty();
    RunInput copy =
        new RunInput(
            spark,
            spec,
            PartSize.of(spark, spec, call),
            state,
            state.path("run-" + id),
            input.textColumn());
    boolean joinsFiles =
        way.kind() == Manifest.Kind.APPEND
            && !complete.columns().isEmpty()
            && !spec.outputSpec().format().isTable();
    UnaryOperator<Dataset<Row>> inLayout =
        rows -> joinsFiles ? withColumnsOf(RunStart.layout(complete), spec, rows) : rows;
    Dataset<Row> rows = inLayout.apply(input.rows());
    RunInput.Cut cut =
        changes.isEmpty()
            ? copy.cut(rows)
            : new RowComparison(spark, spec, state, copy, start.known(complete, input.textColumn()))
                .cut(changes.get().with(inLayout), input.rows(), complete.last().orElseThrow());
    Manifest.Comparison comparison =
        changes.map(there -> there.comparison(cut.counts())).orElse(Manifest.Comparison.NONE);
    Manifest.Run run =
        start.run(
            id,
            number,
            way.kind(),
            input.textColumn(),
            rows,
            cut,
            new Manifest.Upkeep(comparison, position.orElse(null)));
    new WaveFiles(state, run).write(cut.parts());
    return run;
  }

  /** Returns whether the output will have the rows of the whole input. */
  private boolean comparesWithAll(JobSpec spec) {
    boolean isWhole = way.kind() == Manifest.Kind.REPLACE || complete.columns().isEmpty();
    return way.isIncremental() || (isWhole && spec.idColumn().isPresent());
  }

  /** Adds the columns of the output that the input lacks. */
  private static Dataset<Row> withColumnsOf(
      Manifest.Layout layout, JobSpec spec, Dataset<Row> input) {
    Set<String> known = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    known.addAll(List.of(input.columns()));
    known.add(spec.resultColumn());
    if (spec.explodesChunks()) {
      known.addAll(ChunkColumns.ALL);
    }
    Dataset<Row> rows = input;
    for (StructField field : layout.schema().fields()) {
      if (!known.contains(field.name())) {
        rows = rows.withColumn(field.name(), lit(null).cast(field.dataType()));
      }
    }
    return rows;
  }
}
