/**
 * Results of a window of rows, including the errors of single rows, and the counters of rows and
 * tokens that every metric and report holds.
 *
 * <pre>
 *  Engine ──► RowOutcomes ──┬── EmbeddedRows
 *                           └── GeneratedRows
 *  RowCounts: counts of a window, a task, a wave or a run; RowCounter names them
 * </pre>
 *
 * <p>A {@link dev.embark.engine.rows.TextPair} is the input of a row that has two texts. An
 * embedding engine owns its result object and overwrites it with the next window; a generation
 * engine returns a new one per window. An {@link dev.embark.engine.rows.EmbarkException} is stored
 * in the result for a single row and thrown for everything else.
 */
package dev.embark.engine.rows;
