/**
 * Output about a run: progress while it runs and a report when it ends.
 *
 * <pre>
 *  RunListener ──┬── Meter ──► Progress ──► LineProgress, JsonProgress ──► stderr
 *                └── ReportWriter ──► ReportBuilder ──► report.json, report.html
 * </pre>
 *
 * <p>{@link dev.embark.job.progress.Progress} draws on its own timer thread; all other classes are
 * called by the thread of the run.
 */
package dev.embark.job.progress;
