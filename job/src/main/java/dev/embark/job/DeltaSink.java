package dev.embark.job;

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
import org.apache.spark.sql.types.StructType;

/**
 * Writes into a Delta table, at a path or of a catalog. A wave's commit carries {@code
 * userMetadata} and, for Delta itself to refuse a second one, {@code txnAppId} and {@code
 * txnVersion}.
 */
final class DeltaSink extends TableSink {
  private static final String CONF = "spark.databricks.delta.";

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
    return isPath ? "delta." + quoted(location()) : output.output();
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
  boolean hasCommit(String tag) {
    boolean isThere = !isPath || Paths.exists(spark, new Path(location(), "_delta_log").toString());
    return isThere && hasTag(spark.sql("DESCRIBE HISTORY " + reference()), "userMetadata", tag);
  }

  @Override
  List<String[]> taggingConfs(Commit commit) {
    return List.of(
        new String[] {CONF + "commitInfo.userMetadata", commit.tag()},
        new String[] {CONF + "write.txnAppId", "embark-" + commit.run().id()},
        new String[] {CONF + "write.txnVersion", Integer.toString(commit.wave())});
  }

  /** By a write of no rows: not each Delta can ALTER TABLE on each Spark that it is made for. */
  @Override
  void alterToAdd(String name, String type) {
    Dataset<Row> none =
        spark.sql("SELECT CAST(NULL AS %s) AS %s WHERE false".formatted(type, quoted(name)));
    save(writer(none, SaveMode.Append, false).option("mergeSchema", "true"));
  }

  @Override
  Map<String, String> guard() {
    return Map.of();
  }

  /** All of Delta's are of this kind, whatever it may have been that others did. */
  @Override
  boolean isConflict(Throwable cause) {
    return cause instanceof ConcurrentModificationException;
  }

  @Override
  void write(Commit commit, Map<String, String> guard) {
    boolean replaces = commit.replacesAll();
    save(
        writer(commit.rows(), replaces ? SaveMode.Overwrite : SaveMode.Append, true)
            .option("overwriteSchema", Boolean.toString(replaces)));
  }

  private void save(DataFrameWriter<Row> writer) {
    if (isPath) {
      writer.save(location());
    } else {
      writer.saveAsTable(output.output());
    }
  }
}
