/**
 * SQL functions on vectors, which need no model.
 *
 * <pre>
 *  VectorFunction ──► VectorExpression ──► VectorComputation ──► FloatVectors    arrays of floats
 *   name, usage    │   types, code          a row            └─► NumericCosine   other numbers
 *                  └► VectorAggregate     sum and average of a group
 *
 *  NearestDocuments ──► VectorBlock ──► NearestInPartition     search, by a Metric
 * </pre>
 *
 * <p>The functions {@code vector_*} are those of Spark 4.2, for Sparks that lack them. Internal; a
 * class is public only if Spark copies it by reflection or another package of Embark uses it.
 */
package dev.embark.spark.vectors;
