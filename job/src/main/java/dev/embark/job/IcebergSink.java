package dev.embark.job;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;

/**
 * Writes into an Iceberg table. A wave's snapshot carries its name as a property.
 *
 * <p>Iceberg takes any number of appends at once, and so a wave twice, from a process that stood
 * still within its commit and from the one that took over. So rows are added as by an overwrite
 * that replaces none: of that, Iceberg checks in the commit itself that nothing was added
 * meanwhile, as it does for MERGE.
 */
final class IcebergSink extends TableSink {
  private static final String PROPERTY = "embark.wave";
  private static final String CONFLICT = "org.apache.iceberg.exceptions.ValidationException";

  IcebergSink(SparkSession spark, JobSpec spec) {
    super(spark, spec);
  }

  @Override
  String reference() {
    return output.output();
  }

  @Override
  boolean hasCommit(String tag) {
    return hasTag(
        spark.sql("SELECT summary FROM " + reference() + ".snapshots"),
        "summary['" + PROPERTY + "']",
        tag);
  }

  @Override
  List<String[]> taggingConfs(Commit commit) {
    return List.<String[]>of(
        new String[] {"spark.sql.iceberg.snapshot-property." + PROPERTY, commit.tag()});
  }

  @Override
  Map<String, String> guard() {
    List<Row> heads =
        spark
            .sql("SELECT snapshot_id, name FROM " + reference() + ".refs")
            .where(col("name").isin("main", branch()))
            .orderBy(col("name").equalTo("main"))
            .collectAsList();
    // Without a snapshot to compare with, Iceberg compares with the empty table.
    return heads.isEmpty()
        ? Map.of("isolation-level", "serializable")
        : Map.of(
            "isolation-level",
            "serializable",
            "validate-from-snapshot-id",
            Long.toString(heads.get(0).getLong(0)));
  }

  /** Returns the branch that Iceberg writes to, if the table has write.wap.enabled. */
  private String branch() {
    return spark.conf().get("spark.wap.branch", "main");
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
