package dev.embark.job.sink;

import static org.apache.spark.sql.functions.col;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Paths;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;

/**
 * Snapshot history of an Iceberg table. A wave's tag disappears with its snapshot if that expires
 * between the commit and its record in the log. The newest snapshot is therefore noted before each
 * commit. It shows later whether all following snapshots still exist and, if not, which files are
 * newer.
 */
final class IcebergSnapshots {
  private static final String NOTE = "snapshot-before";
  private static final String FILE = "_file"; // metadata column of Iceberg

  private final SparkSession spark;
  private final String table;

  IcebergSnapshots(SparkSession spark, String table) {
    this.spark = spark;
    this.table = table;
  }

  /**
   * State of the table before a commit.
   *
   * @param snapshot the newest snapshot id; 0 if there is none
   * @param sequence the highest sequence number of its snapshots; 0 if there is none
   */
  private record Note(long snapshot, long sequence) {}

  /** Returns the newest snapshot of the branch that receives writes. */
  Optional<Long> head() {
    // Iceberg writes to this branch if the table sets write.wap.enabled.
    String branch = spark.conf().get("spark.wap.branch", "main");
    List<Row> heads =
        metadata("refs")
            .where(col("name").isin("main", branch))
            .orderBy(col("name").equalTo("main"))
            .select("snapshot_id")
            .collectAsList();
    return heads.isEmpty() ? Optional.empty() : Optional.of(heads.get(0).getLong(0));
  }

  Dataset<Row> metadata(String name) {
    return spark.sql("SELECT * FROM " + table + "." + name);
  }

  /** Records the newest snapshot in a wave's folder. */
  void note(Path folder) {
    // Read from one small file; the entries of a table are as many as its files.
    Row newest =
        metadata("metadata_log_entries")
            .selectExpr("coalesce(max(latest_sequence_number), 0L)")
            .head();
    String note = head().orElse(0L) + " " + newest.getLong(0);
    Path file = new Path(folder, NOTE);
    try (OutputStream out = Paths.fileSystem(spark, file).create(file, true)) {
      out.write(note.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UserError("Cannot write " + file + ": " + Failures.sentence(e), e);
    }
  }

  private Note noted(Path folder) {
    if (folder == null) {
      return new Note(0, 0);
    }
    Path file = new Path(folder, NOTE);
    FileSystem files = Paths.fileSystem(spark, file);
    try {
      if (!files.exists(file)) {
        return new Note(0, 0); // written by an earlier version of Embark
      }
      try (InputStream in = files.open(file)) {
        String[] words = new String(in.readAllBytes(), StandardCharsets.UTF_8).split(" ", 2);
        return new Note(Long.parseLong(words[0]), Long.parseLong(words[1]));
      }
    } catch (IOException e) {
      throw new UserError("Cannot read " + file + ": " + Failures.sentence(e), e);
    }
  }

  /** Returns whether all snapshots since the one recorded in a folder still exist. */
  boolean areAllThereSince(Path folder) {
    long noted = noted(folder).snapshot();
    Map<Long, Long> parents = new HashMap<>();
    for (Row row : metadata("snapshots").select("snapshot_id", "parent_id").collectAsList()) {
      parents.put(row.getLong(0), row.isNullAt(1) ? null : row.getLong(1));
    }
    Long snapshot = head().orElse(null);
    // A replaced table starts a new history, whose first snapshot has no parent.
    while (snapshot != null && snapshot != noted) {
      if (!parents.containsKey(snapshot)) {
        return false;
      }
      snapshot = parents.get(snapshot);
    }
    return true;
  }

  /**
   * Returns whether the table has all of these rows in files that are newer than the snapshot
   * recorded in a folder and whose origin is lost: their snapshot has expired, or a compaction has
   * merged them.
   */
  boolean hasAmongLostOnes(Dataset<Row> rows, Path folder) {
    Dataset<Row> known =
        metadata("snapshots").where("operation <> 'replace'").select("snapshot_id");
    List<String> files =
        metadata("entries")
            .where("status < 2 AND data_file.content = 0")
            .where(col("sequence_number").gt(noted(folder).sequence()))
            .join(known, "snapshot_id", "left_anti")
            .select("data_file.file_path")
            .as(Encoders.STRING())
            .collectAsList();
    return hasAll(rows, files);
  }

  private boolean hasAll(Dataset<Row> rows, List<String> files) {
    // Spark cannot compare maps.
    Column[] columns =
        Arrays.stream(rows.schema().fields())
            .filter(field -> !(field.dataType() instanceof MapType))
            .map(StructField::name)
            .map(Columns::quoted)
            .toArray(Column[]::new);
    Dataset<Row> there = spark.table(table).where(col(FILE).isin(files.toArray()));
    return rows.select(columns).exceptAll(there.select(columns)).isEmpty();
  }
}
