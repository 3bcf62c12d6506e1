/**
 * Differences between the Spark and Scala versions that one source tree serves.
 *
 * <p>Internal; uses no other package of Embark.
 */
package dev.embark.spark.compat;
