/**
 * The batch job: text in, embeddings out.
 *
 * <pre>
 *  command line ──► JobSpec ──► Source ──► embed() ──► Sink ──► JobResult ──► stdout
 *                               Dataset    udf/        Parquet     │
 *                                             └──► Meter ─► Progress ────────► stderr
 *                                                    └───► ReportWriter ─────► _embark/report.*
 * </pre>
 *
 * <p>{@link dev.embark.job.EmbedJob}, {@link dev.embark.job.SqlRunner} and {@link
 * dev.embark.job.QuickstartJob} are main classes for spark-submit, {@link
 * dev.embark.job.ModelInspector} one for a plain JVM. {@link dev.embark.job.JobSpec}, {@link
 * dev.embark.job.SqlSpec} and {@link dev.embark.job.Cli} use no class of Spark, so that the {@code
 * embark} command can check a command line before any Spark starts.
 *
 * <p>Everything runs on the driver's main thread except the drawing of {@link
 * dev.embark.job.Progress}.
 */
package dev.embark.job;
