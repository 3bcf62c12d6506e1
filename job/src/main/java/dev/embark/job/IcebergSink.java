package dev.embark.job;

import java.util.List;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/** Writes into an Iceberg table. A wave's snapshot carries its name as a property. */
final class IcebergSink extends TableSink {
  private static final String PROPERTY = "embark.wave";

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
  void write(Commit commit) {
    boolean replaces = commit.replacesAll();
    writer(commit.rows(), replaces ? SaveMode.Overwrite : SaveMode.Append, replaces)
        .saveAsTable(output.output());
  }
}
