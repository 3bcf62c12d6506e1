/**
 * Results of a window of rows, and the errors of single rows.
 *
 * <pre>
 *  Engine ──► RowOutcomes ──┬── EmbeddedRows
 *                           └── GeneratedRows
 * </pre>
 *
 * <p>An engine owns its result object and overwrites it with its next window; {@link
 * dev.embark.engine.rows.EmbarkException} is thrown for what concerns more than one row.
 */
package dev.embark.engine.rows;
