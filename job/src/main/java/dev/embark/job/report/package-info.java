/**
 * What a run tells of itself afterwards: {@code report.json} and {@code report.html}.
 *
 * <pre>
 *  RunReport ──┬──► ReportJson ──► report.json   (report.schema.json describes it)
 *              └──► ReportHtml ──► report.html   (BarChart, TimeChart: inline SVG)
 * </pre>
 *
 * <p>Both come from the same record, so that they cannot differ. Nothing here knows Spark, and no
 * text of a row gets here. Values and stateless functions: safe for any thread.
 */
package dev.embark.job.report;
