/**
 * Options of a session, settings of an application, and the SQL functions that they apply to.
 *
 * <pre>
 *  spark.embark.&lt;option&gt;            ──► EmbarkConf ──► FunctionOptions of a call   (a session, read on the driver)
 *  spark.embark.rerank.&lt;option&gt;, spark.embark.generate.&lt;option&gt;                 likewise
 *  spark.embark.&lt;executor setting&gt;  ──► ExecutorSetting                        (an application, read at its start)
 * </pre>
 *
 * <p>Internal; depends only on the engine's options.
 */
package dev.embark.spark.conf;
