package dev.embark.job.input;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sha2;

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
  /** Column with the id of the matching output row; NULL for a new row. */
  public static final String KNOWN_ID = "_embark_known_id";

  private static final String KNOWN_TEXT = "_embark_known_text";
  private static final String KNOWN_VECTOR = "_embark_known_vector";
  private static final int SHA_BITS = 256;

  private final Dataset<Row> known;
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
    this.id = Columns.quoted(id);
    this.text = Columns.quoted(text);
    this.known =
        output.select(
            this.id.as(KNOWN_ID),
            hash().as(KNOWN_TEXT),
            vector.map(v -> Columns.quoted(v).isNotNull()).orElse(lit(true)).as(KNOWN_VECTOR));
  }

  private Column hash() {
    return sha2(text.cast("binary"), SHA_BITS);
  }

  /** Returns the new and changed rows of an input, with {@link #KNOWN_ID}. */
  public Dataset<Row> missingOf(Dataset<Row> input) {
    Column isSame =
        col(KNOWN_ID)
            .isNotNull()
            .and(hash().eqNullSafe(col(KNOWN_TEXT)))
            .and(col(KNOWN_VECTOR).or(text.isNull()));
    return input
        .join(known, id.equalTo(col(KNOWN_ID)), "left_outer")
        .where(not(isSame))
        .drop(KNOWN_TEXT, KNOWN_VECTOR);
  }

  /** Returns the ids that are missing from an input, as column {@code id}. */
  Dataset<Row> deletedFrom(Dataset<Row> input) {
    return known.join(input, id.equalTo(col(KNOWN_ID)), "left_anti").select(col(KNOWN_ID).as("id"));
  }
}
