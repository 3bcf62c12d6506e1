/**
 * The report of a run as a record, as JSON and as one HTML page.
 *
 * <pre>
 *  RunReport ──┬──► ReportJson ──► report.json   (described by report.schema.json)
 *              └──► ReportHtml ──► report.html   (BarChart, TimeChart: inline SVG)
 * </pre>
 *
 * <p>Both are made from the same record, so they cannot differ. Nothing here uses Spark, and no
 * text of a row gets here. Values and stateless functions: safe for any thread.
 */
package dev.embark.job.report;
