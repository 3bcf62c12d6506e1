package dev.embark.engine.options;

/**
 * Values of the option {@code mode}: the effect of a failed row on the query, named as in Spark.
 */
public enum ErrorMode {
  /** The row's result is NULL and the reason is kept. */
  PERMISSIVE,
  /** The query fails with the reason of the row. */
  FAILFAST
}
