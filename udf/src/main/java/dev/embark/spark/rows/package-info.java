/**
 * Evaluates one window of rows by an engine and converts the results to values of Spark rows.
 *
 * <pre>
 *  texts ──► TextWindow ──► TaskEngine ──► outcomes ──► ResultValues ──► List&lt;Float&gt;, struct, String
 *            each distinct    leased         of the
 *            text once        engine         engine
 * </pre>
 *
 * <p>A {@link dev.embark.spark.rows.TaskEngine} owns its lease and its Arrow memory, which {@link
 * dev.embark.spark.rows.TaskArrowMemory} accounts for in Spark's memory manager. Used by one thread
 * at a time. Internal.
 */
package dev.embark.spark.rows;
