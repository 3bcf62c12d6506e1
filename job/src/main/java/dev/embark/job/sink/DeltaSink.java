package dev.embark.job.sink;

import dev.embark.job.cli.JobSpec;
import dev.embark.job.state.Paths;
import dev.embark.job.state.StateFolder;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * Writes to a Delta table given by path or by catalog name. Each wave's commit carries {@code
 * userMetadata}, and {@code txnAppId} and {@code txnVersion} with which Delta itself rejects a
 * duplicate commit.
 */
final class DeltaSink extends TableSink {
  private static final String CONF = "spark.databricks.delta.";
  private static final String MAPPING = "delta.columnMapping.mode";

  private final boolean isPath;

  DeltaSink(SparkSession spark, JobSpec spec) {
    super(spark, spec);
    isPath = !output.isTableName();
  }

  @Override
  public String location() {
    return isPath ? Paths.qualified(spark, output.output()) : super.location();
  }

  @Override
  String reference() {
    return isPath ? "delta." + TableStatements.quoted(location()) : output.output();
  }

  @Override
  public boolean exists() {
    return isPath ? new FileSink(spark, spec).exists() : super.exists();
  }

  @Override
  public Optional<StateFolder> state() {
    return isPath ? Optional.of(new StateFolder(spark, location())) : super.state();
  }

  @Override
  public StateFolder open(StructType schema) {
    return isPath ? new StateFolder(spark, location()) : super.open(schema);
  }

  @Override
  public Map<String, String> inheritedOptions() {
    if (!isLogThere()) {
      return Map.of();
    }
    String mapping = properties().get(MAPPING);
    return mapping == null ? Map.of() : Map.of(MAPPING, mapping);
  }

  @Override
  boolean isTable() {
    return isLogThere();
  }

  @Override
  public List<Rule> rules() {
    return isLogThere() ? TableRules.with(super.rules(), properties()) : List.of();
  }

  private Map<String, String> properties() {
    return spark.sql("DESCRIBE DETAIL " + reference()).select("properties").head().getJavaMap(0);
  }

  private boolean isLogThere() {
    return isPath
        ? Paths.exists(spark, new Path(location(), "_delta_log").toString())
        : state().isPresent();
  }

  @Override
  boolean hasCommit(String tag) {
    return isLogThere()
        && hasTag(spark.sql("DESCRIBE HISTORY " + reference()), "userMetadata", tag);
  }

  /**
   * Returns whether the history is complete from version 0; otherwise log cleanup may have removed
   * commits.
   */
  @Override
  boolean hasHistorySince(Commit commit) {
    return !isLogThere()
        || spark
                .sql("DESCRIBE HISTORY " + reference())
                .agg(functions.min("version"))
                .head()
                .getLong(0)
            == 0;
  }

  @Override
  List<String[]> taggingConfs(Commit commit) {
    return List.of(
        new String[] {CONF + "commitInfo.userMetadata", commit.tag()},
        new String[] {CONF + "write.txnAppId", "embark-" + commit.run().id()},
        new String[] {CONF + "write.txnVersion", Integer.toString(commit.wave())});
  }

  /**
   * Writes an empty data set with schema merging, because ALTER TABLE fails with some combinations
   * of Delta and Spark versions.
   */
  @Override
  void alterToAdd(String name, String type) {
    Dataset<Row> none =
        spark.sql(
            "SELECT CAST(NULL AS %s) AS %s WHERE false"
                .formatted(type, TableStatements.quoted(name)));
    save(writer(none, SaveMode.Append, false).option("mergeSchema", "true"));
  }

  @Override
  Map<String, String> guard() {
    return Map.of();
  }

  /** All of Delta's commit conflicts extend this class, whatever the concurrent commit did. */
  @Override
  boolean isConflict(Throwable cause) {
    return cause instanceof ConcurrentModificationException;
  }

  @Override
  void write(Commit commit, Map<String, String> guard) {
    boolean replaces = commit.replacesAll();
    DataFrameWriter<Row> writer =
        writer(commit.rows(), replaces ? SaveMode.Overwrite : SaveMode.Append, true)
            .option("overwriteSchema", Boolean.toString(replaces));
    // Delta rejects overwriteSchema together with dynamic partition overwrite, which the session
    // may set.
    save(replaces ? writer.option(FileSink.PARTITION_OVERWRITE, "static") : writer);
  }

  private void save(DataFrameWriter<Row> writer) {
    if (isPath) {
      writer.save(location());
    } else {
      writer.saveAsTable(output.output());
    }
  }
}
