/**
 * Counters of embedded and answered rows, per operator, executor and application.
 *
 * <pre>
 *  WindowCounts ──┬──► OperatorMetrics      SQL tab of Spark's UI
 *                 ├──► ExecutorCounters     metrics system of the executor, Prometheus
 *                 └──► RowAccumulators ──► ApplicationProgress, StageProgress
 *                                           the driver: progress of the job, log lines per stage
 * </pre>
 *
 * <p>Internal; depends on the windows of rows that it counts.
 */
package dev.embark.spark.metrics;
