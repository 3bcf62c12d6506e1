package dev.embark.engine.rows;

import java.util.function.ToLongFunction;

/**
 * Counts of rows and tokens: of a window, a task, an application, a wave or a run. {@link
 * RowCounter} names them in metrics and reports.
 *
 * @param rows all rows, with or without a result
 * @param nulls rows whose text is NULL
 * @param failed rows whose text has no result
 * @param truncated rows whose text or answer was truncated
 * @param chunked rows whose text was embedded in several windows; counted by the job only
 * @param deduplicated rows that reuse the result of an equal text
 * @param tokens tokens that the model has read; in a job, tokens of its function, which for
 *     generations are those of the answers
 * @param generatedTokens tokens that the model has generated
 */
public record RowCounts(
    long rows,
    long nulls,
    long failed,
    long truncated,
    long chunked,
    long deduplicated,
    long tokens,
    long generatedTokens) {

  /** Counts of zero rows. */
  public static final RowCounts NONE = new RowCounts(0, 0, 0, 0, 0, 0, 0, 0);

  /** Returns counts with the value of {@code count} for each counter that is not derived. */
  public static RowCounts of(ToLongFunction<RowCounter> count) {
    return new RowCounts(
        count.applyAsLong(RowCounter.ROWS),
        count.applyAsLong(RowCounter.NULLS),
        count.applyAsLong(RowCounter.FAILED),
        count.applyAsLong(RowCounter.TRUNCATED),
        count.applyAsLong(RowCounter.CHUNKED),
        count.applyAsLong(RowCounter.DEDUPLICATED),
        count.applyAsLong(RowCounter.TOKENS),
        count.applyAsLong(RowCounter.GENERATED_TOKENS));
  }

  /** Returns the number of rows with a result: a vector, an answer or a token count. */
  public long done() {
    return rows - nulls - failed;
  }

  /** Returns the sum of both. */
  public RowCounts plus(RowCounts other) {
    return of(counter -> counter.of(this) + counter.of(other));
  }

  /** Returns the difference between these counts and the {@code earlier} ones. */
  public RowCounts minus(RowCounts earlier) {
    return of(counter -> counter.of(this) - counter.of(earlier));
  }

  /** Returns these counts with another value of one counter. */
  public RowCounts with(RowCounter changed, long count) {
    return of(counter -> counter == changed ? count : counter.of(this));
  }
}
