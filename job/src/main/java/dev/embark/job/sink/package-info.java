/**
 * Outputs of the job: files, Delta and Iceberg tables.
 *
 * <pre>
 *  Sink ──┬── FileSink: Parquet, ORC, JSON; publishes staged files
 *         └── TableSink ──┬── DeltaSink
 *                         └── IcebergSink; publish by a commit that names the wave
 * </pre>
 *
 * <p>A sink publishes a wave exactly once, however often it is called. Sinks are used only by the
 * thread of the run.
 */
package dev.embark.job.sink;
