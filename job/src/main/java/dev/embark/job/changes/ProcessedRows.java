package dev.embark.job.changes;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.when;

import dev.embark.job.state.Columns;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Index of the rows already in the output: id to SHA-256 of the processed text. Determines which
 * rows a run skips. Lazy; reads vectors only to detect failed rows.
 */
public final class ProcessedRows {
  /** Column with the status of a row: {@link #SAME}, {@link #NEW} or {@link #CHANGED}. */
  static final String STATUS = "_embark_status";

  /** The output has the row. */
  static final int SAME = 0;

  /** The output has no row of this id. */
  static final int NEW = 1;

  /** The output has the id with another text, or without a result that is to be computed again. */
  static final int CHANGED = 2;

  private static final String KNOWN_ID = "_embark_known_id";
  private static final String KNOWN_TEXT = "_embark_known_text";
  private static final String KNOWN_VECTOR = "_embark_known_vector";
  private static final String READ_ID = "_embark_read_id";
  private static final int SHA_BITS = 256;

  private final Dataset<Row> output; // the output's columns, one row per id
  private final Optional<String> vector;
  private final Column id;
  private final Column text;

  /**
   * @param output rows of the output, one per id
   * @param id column that identifies a row
   * @param text text column
   * @param vector result column in which NULL marks a failed row, to treat failed rows as missing;
   *     empty to treat them as present
   */
  public ProcessedRows(Dataset<Row> output, String id, String text, Optional<String> vector) {
    this(output, Columns.quoted(id), Columns.quoted(text), vector);
  }

  private ProcessedRows(Dataset<Row> output, Column id, Column text, Optional<String> vector) {
    this.output = output;
    this.id = id;
    this.text = text;
    this.vector = vector;
  }

  /** Returns the index of those rows whose id is in an input, which spares hashing the others. */
  ProcessedRows of(Dataset<Row> input) {
    Dataset<Row> ids = input.select(id.as(READ_ID));
    return new ProcessedRows(
        output.join(ids, id.equalTo(col(READ_ID)), "left_semi"), id, text, vector);
  }

  private Column hash() {
    return sha2(text.cast("binary"), SHA_BITS);
  }

  /** Returns all rows of an input with their {@link #STATUS}. */
  Dataset<Row> compared(Dataset<Row> input) {
    Dataset<Row> known =
        output.select(
            id.as(KNOWN_ID),
            hash().as(KNOWN_TEXT),
            vector.map(v -> Columns.quoted(v).isNotNull()).orElse(lit(true)).as(KNOWN_VECTOR));
    Column isSame = hash().eqNullSafe(col(KNOWN_TEXT)).and(col(KNOWN_VECTOR).or(text.isNull()));
    Column status =
        when(col(KNOWN_ID).isNull(), lit(NEW)).when(isSame, lit(SAME)).otherwise(lit(CHANGED));
    return input
        .join(known, id.equalTo(col(KNOWN_ID)), "left_outer")
        .withColumn(STATUS, status)
        .drop(KNOWN_ID, KNOWN_TEXT, KNOWN_VECTOR);
  }

  /** Returns the new and changed rows of an input. */
  public Dataset<Row> missingOf(Dataset<Row> input) {
    return compared(input).where(col(STATUS).notEqual(SAME)).drop(STATUS);
  }

  /** Returns the ids of the output that are not among others, as column {@code id}. */
  Dataset<Row> without(Dataset<Row> ids) {
    return join(ids, "left_anti");
  }

  /** Returns the ids of the output that are among others, as column {@code id}. */
  Dataset<Row> among(Dataset<Row> ids) {
    return join(ids, "left_semi");
  }

  private Dataset<Row> join(Dataset<Row> ids, String type) {
    return output
        .select(id.as("id"))
        .join(ids.toDF(READ_ID), col("id").equalTo(col(READ_ID)), type);
  }
}
