/**
 * Batch job that reads texts and writes embeddings or answers, with its main classes for
 * spark-submit.
 *
 * <pre>
 *  command line ──► cli: options ──► input: Dataset, copied and cut into waves
 *                                      │
 *                                      ▼
 *                                    run: one wave after another ──► sink: files or a table
 *                                      │                               │
 *                                      └──────► state: _embark/ ◄──────┘
 *                                      │
 *                                      └──► progress: lines on stderr, report.json, report.html
 * </pre>
 *
 * <p>A run reads its input once and copies what is to be embedded into {@code _embark/}, cut into
 * waves. Each wave is embedded into a folder of its own, the log of the state records it as ready,
 * the sink publishes it, and the log records it as committed. Each record is a version of the whole
 * state, created only if absent, so a process that resumes after a crash finds one of these states:
 *
 * <ul>
 *   <li>no run: the copy was incomplete and is made again;
 *   <li>a planned wave: it is embedded, possibly for the second time; the files of the first
 *       attempt are hidden from readers;
 *   <li>a ready wave: the sink determines which part of it is already published (files that were
 *       moved, uploads that were completed, or a commit in the table's history) and publishes the
 *       rest;
 *   <li>a committed wave: nothing is left to do.
 * </ul>
 *
 * <p>Meanwhile the process holds the lease of the output ({@link dev.embark.job.state.RunLease}),
 * so that no second process mistakes a running one for a crashed one. A process that has lost the
 * lease cannot add a version; {@link dev.embark.job.state.LeasedOutput} verifies the lease before
 * each step outside of the log.
 *
 * <p>{@link dev.embark.job.EmbedJob}, {@link dev.embark.job.SqlRunner} and {@link
 * dev.embark.job.QuickstartJob} are main classes for spark-submit, {@link
 * dev.embark.job.ModelInspector} one for a plain JVM. The packages below are public only so that
 * they can use one another. Everything runs on the driver's main thread except the display of
 * progress and the renewal of the lease.
 */
package dev.embark.job;
