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
 * What an output knows of an input's rows: by their id, the SHA-256 of the text that was embedded.
 * Decides which rows a run skips. Lazy; reads no vector unless it has to see whether there is one.
 */
public final class ProcessedRows {
  /** The id that the output has for a row; NULL where it has none. */
  public static final String KNOWN_ID = "_embark_known_id";

  private static final String KNOWN_TEXT = "_embark_known_text";
  private static final String KNOWN_VECTOR = "_embark_known_vector";
  private static final int SHA_BITS = 256;

  private final Dataset<Row> known;
  private final Column id;
  private final Column text;

  /**
   * @param output its rows, one for each id
   * @param id the column that names a row
   * @param text the column that is embedded
   * @param vector column of embeddings in which failed rows have NULL, to count those as not there;
   *     empty to count them as there
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

  /** Returns the rows of an input that are new or changed, with {@link #KNOWN_ID}. */
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

  /** Returns the ids that an input no longer has, as column {@code id}. */
  Dataset<Row> deletedFrom(Dataset<Row> input) {
    return known.join(input, id.equalTo(col(KNOWN_ID)), "left_anti").select(col(KNOWN_ID).as("id"));
  }
}
