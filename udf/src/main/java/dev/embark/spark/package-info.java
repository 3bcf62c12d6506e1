/**
 * The public API of Embark in Spark: SQL functions, Column functions and executor plugin.
 *
 * <pre>
 *  SQL, Column API                 driver                                              executor, per task
 *  embed(body) ──► catalyst: function ──► expression ──► rules ──► logical operator
 *                   options from conf                                  │
 *                                                                      ▼
 *                                     exec: physical operator ──► windows of rows ──► rows: engine of the task
 *                                                                      │                    │ leases
 *                                                                metrics                models: engines, models, devices
 * </pre>
 *
 * <p>{@link dev.embark.spark.Embark}, {@link dev.embark.spark.EmbarkExtensions} and {@link
 * dev.embark.spark.EmbarkPlugin} are the API. Classes of the subpackages are public only so that
 * these packages can use one another; they are not API.
 */
package dev.embark.spark;
