package dev.embark.job.files;

import java.io.IOException;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Files that only the job reads, in a folder that no other process writes to. Stateless. */
public final class ScratchFiles {
  private static final String PROTOCOL = "spark.sql.sources.commitProtocolClass";
  private static final String OF_SPARK =
      "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol";

  private ScratchFiles() {}

  /**
   * Writes rows to a folder, on an object store without renames. A protocol that the platform or
   * the user has set for a store without uploads is left in place.
   */
  public static void write(SparkSession spark, DataFrameWriter<Row> rows, Path folder) {
    if (isPut(spark, folder)) {
      save(spark, rows, folder, Map.of());
    } else {
      rows.save(folder.toString());
    }
  }

  private static boolean isPut(SparkSession spark, Path folder) {
    try {
      FileSystem files = folder.getFileSystem(spark.sparkContext().hadoopConfiguration());
      return ObjectStores.hasUploads(files, folder)
          || (ObjectStores.isOne(files) && spark.conf().get(PROTOCOL).equals(OF_SPARK));
    } catch (IOException e) {
      return false; // the write itself reports it
    }
  }

  /** Writes rows with {@link UploadCommitProtocol} and its options. */
  static void save(
      SparkSession spark, DataFrameWriter<Row> rows, Path folder, Map<String, String> options) {
    Option<String> before = spark.conf().getAll().get(PROTOCOL);
    spark.conf().set(PROTOCOL, UploadCommitProtocol.class.getName());
    try {
      rows.options(options).save(folder.toString());
    } finally {
      if (before.isDefined()) {
        spark.conf().set(PROTOCOL, before.get());
      } else {
        spark.conf().unset(PROTOCOL);
      }
    }
  }
}
