/**
 * The public API of Embark in Spark: SQL functions, Column functions and executor plugin.
 *
 * <pre>
 *  SQL, Column API                 driver                                              executor, one per task
 *  embed(body) ──► catalyst: function ──► expression ──► rules ──► logical operator
 *                   options from conf                                  │
 *                                                                      ▼
 *                                     exec: physical operator ──► windows of rows ──► rows: engine of the task
 *                                                                      │                    │ leases
 *                                                                metrics                models: engines, models, devices
 * </pre>
 *
 * <p>{@link dev.embark.spark.Embark}, {@link dev.embark.spark.EmbarkExtensions} and {@link
 * dev.embark.spark.EmbarkPlugin} are the API. The packages below are public only so that they can
 * use one another; none of their classes is API.
 */
package dev.embark.spark;
