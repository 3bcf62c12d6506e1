/**
 * The input of a run: what is read, checked, compared with the output and copied.
 *
 * <pre>
 *  files, table, query ──► Source ──► RunInput ──► _embark/…/input, cut into waves
 *                           checks      │ without the rows that the output already has
 *                                       └── UniqueIds, ProcessedRows
 * </pre>
 *
 * <p>On the driver; data moves only in Spark jobs.
 */
package dev.embark.job.input;
