package dev.embark.job;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/** Writes a job's rows as Parquet. */
final class Sink {
  private final SparkSession spark;
  private final JobSpec spec;

  Sink(SparkSession spark, JobSpec spec) {
    this.spark = spark;
    this.spec = spec;
  }

  /**
   * Checks before the work that the output may be written.
   *
   * @throws UserError if it exists and is not to be touched, or is the input itself
   */
  void check() {
    String output = location();
    if (spec.saveMode() == SaveBehaviour.ERRORIFEXISTS && Paths.exists(spark, spec.output())) {
      throw new UserError(
          "There is something at %s already; choose another --output, or say --save-mode overwrite or append"
              .formatted(output));
    }
    boolean isTable = InputFormat.isTableName(spec.input());
    if (!isTable && Paths.qualified(spark, spec.input()).equals(output)) {
      throw new UserError(
          "--input and --output are both %s; write to another place".formatted(output));
    }
  }

  /** Writes all rows; blocks until they are committed. */
  void write(Dataset<Row> rows) {
    SaveMode mode =
        switch (spec.saveMode()) {
          case ERRORIFEXISTS -> SaveMode.ErrorIfExists;
          case OVERWRITE -> SaveMode.Overwrite;
          case APPEND -> SaveMode.Append;
        };
    rows.write().mode(mode).parquet(spec.output());
  }

  /** Returns where the output lies: absolute, with its file system. */
  String location() {
    return Paths.qualified(spark, spec.output());
  }
}
