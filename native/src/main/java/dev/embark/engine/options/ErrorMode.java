package dev.embark.engine.options;

/** What a row that cannot be embedded does to the job; the values of {@code mode}, as in Spark. */
public enum ErrorMode {
  /** The row's vector is NULL and the reason is kept. */
  PERMISSIVE,
  /** The job ends with the row's reason. */
  FAILFAST
}
