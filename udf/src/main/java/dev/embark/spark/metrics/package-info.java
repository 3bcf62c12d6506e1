/**
 * Counters of embedded and answered rows, per operator, executor and application.
 *
 * <pre>
 *  WindowCounts ──┬──► OperatorMetrics      SQL tab of Spark's UI
 *                 ├──► ExecutorCounters  metrics system of the executor, Prometheus
 *                 └──► ApplicationProgress     the driver: log lines per stage, progress of the job
 * </pre>
 *
 * <p>Internal; depends on the windows of rows that it counts.
 */
package dev.embark.spark.metrics;
