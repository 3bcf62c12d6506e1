/**
 * One window of rows on its way through an engine and back into values of Spark.
 *
 * <pre>
 *  texts ──► TextWindow ──► TaskEngine ──► outcomes ──► ResultValues ──► List&lt;Float&gt;, struct, String
 *            each distinct    leased         of the
 *            text once        engine         engine
 * </pre>
 *
 * <p>A {@link dev.embark.spark.rows.TaskEngine} owns its lease and its Arrow memory, which {@link
 * dev.embark.spark.rows.TaskArrowMemory} accounts for in Spark's memory manager. For one thread at
 * a time. Internal; uses the settings, the models and the engine.
 */
package dev.embark.spark.rows;
