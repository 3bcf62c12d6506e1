package dev.embark.job.cli;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Row and token counts of a run or of one wave. They are computed from the written rows, so task
 * retries do not affect them.
 *
 * @param rows rows written, with or without a result
 * @param tokens tokens of the texts or, with {@code --function generate}, of the answers; with
 *     deduplication, of distinct texts only
 * @param nullRows rows without a text
 * @param failed rows whose text has no result, by kind of failure
 * @param truncatedRows rows whose text or answer was truncated
 * @param chunkedRows rows whose text was embedded in several windows
 * @param deduplicatedRows rows that reuse the result of an equal text
 * @param lengths histogram of tokens in rows with a result: key n, a power of two, counts rows with
 *     n/2 &lt; tokens ≤ n
 */
public record RunTotals(
    long rows,
    long tokens,
    long nullRows,
    SortedMap<String, Long> failed,
    long truncatedRows,
    long chunkedRows,
    long deduplicatedRows,
    SortedMap<Integer, Long> lengths) {

  /** Totals of zero rows. */
  public static final RunTotals NONE =
      new RunTotals(0, 0, 0, new TreeMap<>(), 0, 0, 0, new TreeMap<>());

  /** Returns the number of rows whose text has no result. */
  public long failedRows() {
    return failed.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns the number of rows with a result. */
  public long embeddedRows() {
    return rows - nullRows - failedRows();
  }

  /**
   * Returns these totals with the token and deduplication counts of a run that processes each
   * distinct text once.
   */
  public RunTotals withEmbeddedOnce(long tokensOnce, long rowsSpared) {
    return new RunTotals(
        rows, tokensOnce, nullRows, failed, truncatedRows, chunkedRows, rowsSpared, lengths);
  }

  /** Returns the sum of both totals. */
  public RunTotals plus(RunTotals other) {
    return new RunTotals(
        rows + other.rows,
        tokens + other.tokens,
        nullRows + other.nullRows,
        sum(failed, other.failed),
        truncatedRows + other.truncatedRows,
        chunkedRows + other.chunkedRows,
        deduplicatedRows + other.deduplicatedRows,
        sum(lengths, other.lengths));
  }

  private static <K> SortedMap<K, Long> sum(Map<K, Long> a, Map<K, Long> b) {
    SortedMap<K, Long> sum = new TreeMap<>(a);
    b.forEach((key, count) -> sum.merge(key, count, Long::sum));
    return sum;
  }
}
