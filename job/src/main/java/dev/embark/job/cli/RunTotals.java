package dev.embark.job.cli;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of the rows of a run, or of one of its waves. Counted in what was written, so exact
 * however often tasks were tried again.
 *
 * @param rows rows written, with a result or without
 * @param tokens tokens of texts or, of --function generate, of answers; with deduplication, of
 *     distinct ones
 * @param nullRows rows without a text
 * @param failed rows whose text has no result, by the kind of failure
 * @param truncatedRows rows whose text, or answer, lost its tail
 * @param chunkedRows rows whose text was embedded in windows
 * @param deduplicatedRows rows that took the result of an equal text
 * @param lengths rows with a result by tokens: the count under the key n has n/2 &lt; tokens ≤ n, n
 *     a power of two
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

  /** Nothing yet. */
  public static final RunTotals NONE =
      new RunTotals(0, 0, 0, new TreeMap<>(), 0, 0, 0, new TreeMap<>());

  /** Rows whose text has no result. */
  public long failedRows() {
    return failed.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Rows that have a result. */
  public long embeddedRows() {
    return rows - nullRows - failedRows();
  }

  /** The same rows, of which only distinct texts went to the model. */
  public RunTotals withEmbeddedOnce(long tokensOnce, long rowsSpared) {
    return new RunTotals(
        rows, tokensOnce, nullRows, failed, truncatedRows, chunkedRows, rowsSpared, lengths);
  }

  /** The totals of both. */
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
