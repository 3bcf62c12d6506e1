package dev.embark.job.changes;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.when;

import dev.embark.job.input.RunInput;
import dev.embark.job.state.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Index of the rows already in the output: id to SHA-256 of the processed text. Determines which
 * rows a run skips. Lazy; reads vectors only to detect failed rows.
 */
public final class ProcessedRows {
  /** Column with the status of a row: {@link #SAME} or one of the constants below it. */
  static final String STATUS = "_embark_status";

  /** The output has the row. */
  static final int SAME = 0;

  /** The output has no row of this id. */
  static final int NEW = 1;

  /** The output has the id with another text, or without a result that is to be computed again. */
  static final int CHANGED = 2;

  /** The output has the id with the same text and result, but other values in other columns. */
  static final int UPDATED = 3;

  private static final String KNOWN_RESULT = "_embark_known_result";
  private static final String KNOWN_VALUE = "_embark_known_value_";
  private static final String KNOWN_ID = "_embark_known_id";
  private static final String KNOWN_TEXT = "_embark_known_text";
  private static final String KNOWN_VECTOR = "_embark_known_vector";
  private static final String READ_ID = "_embark_read_id";
  private static final int SHA_BITS = 256;

  private final Dataset<Row> output;
  private final Optional<String> vector;
  private final Column id;
  private final Column text;
  private final List<String> compared; // empty, or columns whose change updates a row
  private final String result;

  /**
   * @param output rows of the output
   * @param id column that identifies a row
   * @param text text column
   * @param vector result column in which NULL marks a failed row, to treat failed rows as missing;
   *     empty to treat them as present
   * @param compared columns whose change updates a row with the same text; may be empty
   * @param result result column, which such a row keeps
   */
  public ProcessedRows(
      Dataset<Row> output,
      String id,
      String text,
      Optional<String> vector,
      List<String> compared,
      String result) {
    this.output = output;
    this.id = Columns.quoted(id);
    this.text = Columns.quoted(text);
    this.vector = vector;
    this.compared = compared;
    this.result = result;
  }

  private ProcessedRows(ProcessedRows all, Dataset<Row> output) {
    this.output = output;
    this.id = all.id;
    this.text = all.text;
    this.vector = all.vector;
    this.compared = all.compared;
    this.result = all.result;
  }

  /** Returns the index of those rows whose id is in an input, which spares hashing the others. */
  ProcessedRows of(Dataset<Row> input) {
    Dataset<Row> ids = input.select(id.as(READ_ID));
    return new ProcessedRows(this, output.join(ids, id.equalTo(col(READ_ID)), "left_semi"));
  }

  private Column hash() {
    return sha2(text.cast("binary"), SHA_BITS);
  }

  /**
   * Returns all rows of an input with their {@link #STATUS} and, if columns are compared, the
   * {@link RunInput#KEPT} result.
   */
  Dataset<Row> compared(Dataset<Row> input) {
    List<Column> index = new ArrayList<>();
    index.add(id.as(KNOWN_ID));
    index.add(hash().as(KNOWN_TEXT));
    index.add(vector.map(v -> Columns.quoted(v).isNotNull()).orElse(lit(true)).as(KNOWN_VECTOR));
    for (int i = 0; i < compared.size(); i++) {
      index.add(Columns.quoted(compared.get(i)).as(KNOWN_VALUE + i));
    }
    if (!compared.isEmpty()) {
      index.add(Columns.quoted(result).as(KNOWN_RESULT));
    }
    // Another writer may have added a second row of an id to a table.
    Dataset<Row> known =
        output.select(index.toArray(Column[]::new)).dropDuplicates(new String[] {KNOWN_ID});
    Dataset<Row> joined = input.join(known, id.equalTo(col(KNOWN_ID)), "left_outer");
    Column isSameText = hash().eqNullSafe(col(KNOWN_TEXT)).and(col(KNOWN_VECTOR).or(text.isNull()));
    Column status = when(col(KNOWN_ID).isNull(), lit(NEW)).when(not(isSameText), lit(CHANGED));
    if (compared.isEmpty()) {
      return joined
          .withColumn(STATUS, status.otherwise(lit(SAME)))
          .drop(KNOWN_ID, KNOWN_TEXT, KNOWN_VECTOR);
    }
    // A failed row has no result to keep.
    Column canKeep = col(KNOWN_RESULT).isNotNull().or(text.isNull());
    return joined
        .withColumn(
            STATUS,
            status
                .when(not(differs()), lit(SAME))
                .when(canKeep, lit(UPDATED))
                .otherwise(lit(CHANGED)))
        .withColumn(RunInput.KEPT, when(col(STATUS).equalTo(UPDATED), col(KNOWN_RESULT)))
        .select(
            Stream.concat(Arrays.stream(input.columns()), Stream.of(STATUS, RunInput.KEPT))
                .map(Columns::quoted)
                .toArray(Column[]::new));
  }

  private Column differs() {
    Column differs = lit(false);
    for (int i = 0; i < compared.size(); i++) {
      differs = differs.or(not(Columns.quoted(compared.get(i)).eqNullSafe(col(KNOWN_VALUE + i))));
    }
    return differs;
  }

  /** Returns the rows of an input whose results are to be computed. */
  public Dataset<Row> missingOf(Dataset<Row> input) {
    return compared(input).where(col(STATUS).isin(NEW, CHANGED)).drop(STATUS, RunInput.KEPT);
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
