/**
 * Compatibility layer over the Spark and Scala versions that one source tree supports.
 *
 * <p>Internal; depends on no other package of Embark.
 */
package dev.embark.spark.compat;
