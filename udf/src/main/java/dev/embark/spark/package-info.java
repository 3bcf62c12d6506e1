/**
 * {@code embed()} in Spark SQL.
 *
 * <pre>
 *  SQL, Column API                    driver                                        executor, one a task
 *  embed(body) ──► EmbedFunction ──► EmbedExpression ──► ExtractEmbeddings ──► EvalEmbed
 *                   arguments,         in the plan        one operator for         │ EmbedStrategy
 *                   EmbarkConf                            each distinct call       ▼
 *                                                                             EvalEmbedExec ──► EmbedTask ──► EmbedPartition
 *                                                                                                              │ leases an engine
 *                                                                                             ModelAccess ──► ExecutorModels
 * </pre>
 *
 * <p>The driver reads conf and plans; tasks get plain values. {@link
 * dev.embark.spark.ExecutorModels} owns models and engines of a JVM; a partition leases an engine
 * and owns its Arrow memory until the task ends.
 */
package dev.embark.spark;
