/**
 * Rows of an input that a run into an existing output has to process.
 *
 * <pre>
 *  Source.Input ──► ChangeFinder ──► changed files (FileList)          ┐
 *                        │           changes of a table (TableChanges) ├──► RowComparison ──► waves
 *                        └─────────► all rows                          ┘     by id and SHA-256
 * </pre>
 *
 * <p>All classes run on the driver; data is moved only by Spark jobs.
 */
package dev.embark.job.changes;
