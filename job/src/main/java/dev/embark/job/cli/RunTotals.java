package dev.embark.job.cli;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.embark.engine.rows.RowCounts;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Counts of a run or of one wave. They are computed from the written rows, so task retries do not
 * affect them.
 *
 * @param counts rows and tokens: of the texts or, with {@code --function generate}, of the answers;
 *     with deduplication, tokens of distinct texts only
 * @param failed rows whose text has no result, by kind of failure
 * @param lengths histogram of tokens in rows with a result: key n, a power of two, counts rows with
 *     n/2 &lt; tokens ≤ n
 */
public record RunTotals(
    RowCounts counts, SortedMap<String, Long> failed, SortedMap<Integer, Long> lengths) {

  /** Totals of zero rows. */
  public static final RunTotals NONE =
      new RunTotals(RowCounts.NONE, new TreeMap<>(), new TreeMap<>());

  /** JSON form in the state folder. */
  private record Stored(
      long rows,
      long tokens,
      long nullRows,
      SortedMap<String, Long> failed,
      long truncatedRows,
      long chunkedRows,
      long deduplicatedRows,
      SortedMap<Integer, Long> lengths) {}

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static RunTotals of(Stored stored) {
    RowCounts counts =
        new RowCounts(
            stored.rows,
            stored.nullRows,
            stored.failed.values().stream().mapToLong(Long::longValue).sum(),
            stored.truncatedRows,
            stored.chunkedRows,
            stored.deduplicatedRows,
            stored.tokens,
            0);
    return new RunTotals(counts, stored.failed, stored.lengths);
  }

  @JsonValue
  Stored stored() {
    return new Stored(
        counts.rows(),
        counts.tokens(),
        counts.nulls(),
        failed,
        counts.truncated(),
        counts.chunked(),
        counts.deduplicated(),
        lengths);
  }

  /** Returns the sum of both totals. */
  public RunTotals plus(RunTotals other) {
    return new RunTotals(
        counts.plus(other.counts), sum(failed, other.failed), sum(lengths, other.lengths));
  }

  private static <K> SortedMap<K, Long> sum(Map<K, Long> a, Map<K, Long> b) {
    SortedMap<K, Long> sum = new TreeMap<>(a);
    b.forEach((key, count) -> sum.merge(key, count, Long::sum));
    return sum;
  }
}
