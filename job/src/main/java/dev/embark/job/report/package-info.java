/**
 * Report of a run as a record, as JSON and as a single HTML page.
 *
 * <pre>
 *  RunReport ──┬──► ReportJson ──► report.json   (described by report.schema.json)
 *              └──► ReportHtml ──► report.html   (BarChart, TimeChart: inline SVG)
 * </pre>
 *
 * <p>Both forms are rendered from the same record, so they cannot differ. The package does not use
 * Spark and never receives the text of a row. All classes are immutable or stateless and therefore
 * thread-safe.
 */
package dev.embark.job.report;
