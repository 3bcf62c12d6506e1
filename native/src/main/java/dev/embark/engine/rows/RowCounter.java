package dev.embark.engine.rows;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;

/** A counter of {@link RowCounts} and its names. */
public enum RowCounter {
  ROWS("rows", "rows", RowCounts::rows),
  /** Derived: rows with a result. */
  DONE("rows embedded", "embedded", RowCounts::done),
  NULLS("rows null", "withoutText", RowCounts::nulls),
  FAILED("rows failed", "failed", RowCounts::failed),
  TRUNCATED("rows truncated", "truncated", RowCounts::truncated),
  CHUNKED("rows chunked", "chunked", RowCounts::chunked),
  DEDUPLICATED("rows deduplicated", "deduplicated", RowCounts::deduplicated),
  TOKENS("tokens", "tokens", RowCounts::tokens),
  GENERATED_TOKENS("tokens generated", "generatedTokens", RowCounts::generatedTokens);

  /** The counters that Spark shows for an operator and for an executor. */
  public static final Set<RowCounter> METRICS =
      Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(ROWS, CHUNKED)));

  private final String label;
  private final String metric;
  private final String key;
  private final ToLongFunction<RowCounts> count;

  RowCounter(String label, String key, ToLongFunction<RowCounts> count) {
    this.label = label;
    this.metric =
        Pattern.compile(" (.)")
            .matcher(label)
            .replaceAll(word -> word.group(1).toUpperCase(Locale.ROOT));
    this.key = key;
    this.count = count;
  }

  /** Returns the name of the operator's metric, for example {@code rows embedded}. */
  public String label() {
    return label;
  }

  /** Returns the name of the executor's metric: the label in camel case. */
  public String metric() {
    return metric;
  }

  /** Returns the JSON key in progress and report of a job. */
  public String key() {
    return key;
  }

  /** Returns the value of this counter. */
  public long of(RowCounts counts) {
    return count.applyAsLong(counts);
  }
}
