package dev.embark.job.sink;

import static org.apache.spark.sql.functions.lit;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;

/**
 * Writes to an Iceberg table. Each wave's snapshot carries the wave's tag as a property.
 *
 * <p>Iceberg accepts any number of concurrent appends, so a wave could be added twice: by a process
 * that was suspended during its commit and by the one that took over. Rows are therefore added by
 * an overwrite that replaces nothing, for which the commit itself validates that no rows were added
 * concurrently, as it does for MERGE.
 */
final class IcebergSink extends TableSink {
  private static final String PROPERTY = "embark.wave";
  private static final String CONFLICT = "org.apache.iceberg.exceptions.ValidationException";

  private final IcebergSnapshots snapshots;

  IcebergSink(SparkSession spark, JobSpec spec) {
    super(spark, spec);
    snapshots = new IcebergSnapshots(spark, reference());
  }

  @Override
  String reference() {
    return output.output();
  }

  @Override
  boolean hasCommit(String tag) {
    return hasTag(snapshots.metadata("snapshots"), "summary['" + PROPERTY + "']", tag);
  }

  @Override
  List<String[]> taggingConfs(Commit commit) {
    return List.<String[]>of(
        new String[] {"spark.sql.iceberg.snapshot-property." + PROPERTY, commit.tag()});
  }

  @Override
  Map<String, String> guard() {
    Map<String, String> guard = new HashMap<>(Map.of("isolation-level", "serializable"));
    // Without a base snapshot, Iceberg validates against the empty table.
    snapshots.head().ifPresent(head -> guard.put("validate-from-snapshot-id", Long.toString(head)));
    return guard;
  }

  @Override
  public void prepare(Commit commit) {
    snapshots.note(commit.folder());
  }

  @Override
  boolean hasHistorySince(Commit commit) {
    return snapshots.areAllThereSince(commit.folder());
  }

  @Override
  boolean hasRowsOf(Commit commit) {
    return spec.idColumn().isPresent()
        ? super.hasRowsOf(commit)
        : snapshots.hasAmongLostOnes(commit.rows(), commit.folder());
  }

  @Override
  boolean isConflict(Throwable cause) {
    return cause.getClass().getName().equals(CONFLICT);
  }

  @Override
  void write(Commit commit, Map<String, String> guard) {
    if (commit.replacesAll()) {
      writer(commit.rows(), SaveMode.Overwrite, true).saveAsTable(output.output());
    } else {
      add(commit, guard);
    }
  }

  private void add(Commit commit, Map<String, String> guard) {
    try {
      commit
          .rows()
          .writeTo(output.output())
          .options(output.options())
          .options(guard)
          .overwrite(lit(false));
    } catch (NoSuchTableException e) {
      throw new UserError("The table %s is gone".formatted(output.output()), e);
    }
  }
}
