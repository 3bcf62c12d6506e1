/**
 * Input of a run: reading, validation, comparison with the output, and copying.
 *
 * <pre>
 *  files, table, query ──► Source ──► RunInput ──► _embark/…/input, cut into waves
 *                           checks      │ without the rows that the output already has
 *                                       └── UniqueIds, ProcessedRows
 * </pre>
 *
 * <p>All classes run on the driver; data is moved only by Spark jobs.
 */
package dev.embark.job.input;
