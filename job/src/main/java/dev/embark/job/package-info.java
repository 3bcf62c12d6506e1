/**
 * The batch job: text in, embeddings or answers out.
 *
 * <pre>
 *  command line ──► JobSpec ──► Source ──► RunInput ──► WaveEmbedder ──► Sink ──► JobResult ──► stdout
 *                               Dataset    waves, in       TaskCall     files or
 *                                          _embark/        of udf/      a table
 *              RunStart ◄── RunOpener ◄── Manifest ◄── EmbedRun, after each step
 *
 *  RunListener: Meter ──► Progress ──► stderr
 *                    └──► ReportWriter ──► _embark/report.json, report.html
 * </pre>
 *
 * <p>A run reads its input once and copies what is to be embedded into {@code _embark/}, cut into
 * waves. Each wave is embedded beside the output, then the manifest says READY, then the sink puts
 * it into the output, then the manifest says COMMITTED. The manifest is replaced at one moment, so
 * a process that carries on after a crash sees one of these:
 *
 * <ul>
 *   <li>no run: the copy was not complete; it is made again;
 *   <li>a wave that is planned: it is embedded, perhaps for the second time; what the first left
 *       lies in a folder that nobody reads;
 *   <li>a wave that is ready: the sink finds out what of it is in the output (files: what has not
 *       moved is not; tables: the history has the wave's name or not) and does the rest;
 *   <li>a wave that is committed: nothing is done.
 * </ul>
 *
 * <p>While it does so it has the output's {@link dev.embark.job.RunLock}, so that no second process
 * takes a living one for one that crashed; {@link dev.embark.job.HeldOutput} makes sure of that
 * before each step.
 *
 * <p>{@link dev.embark.job.EmbedJob}, {@link dev.embark.job.SqlRunner} and {@link
 * dev.embark.job.QuickstartJob} are main classes for spark-submit, {@link
 * dev.embark.job.ModelInspector} one for a plain JVM. {@link dev.embark.job.JobSpec}, {@link
 * dev.embark.job.SqlSpec} and {@link dev.embark.job.Cli} use no class of Spark, so that the {@code
 * embark} command can check a command line before any Spark starts.
 *
 * <p>Everything runs on the driver's main thread except the drawing of {@link
 * dev.embark.job.Progress} and the renewal of the lock.
 */
package dev.embark.job;
