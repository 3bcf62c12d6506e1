/**
 * What a run shows: progress while it runs, a report when it ends.
 *
 * <pre>
 *  RunListener ──┬── Meter ──► Progress ──► LineProgress, JsonProgress ──► stderr
 *                └── ReportWriter ──► ReportBuilder ──► report.json, report.html
 * </pre>
 *
 * <p>{@link dev.embark.job.progress.Progress} draws in a thread of its own; all others are called
 * by the thread of the run.
 */
package dev.embark.job.progress;
