/**
 * Input of a run: reading, validation and copying.
 *
 * <pre>
 *  files, table, query ──► Source ──► RunInput ──► _embark/…/input, cut into waves
 *                           checks      └── UniqueIds
 * </pre>
 *
 * <p>All classes run on the driver; data is moved only by Spark jobs.
 */
package dev.embark.job.input;
