/** Embark's own sides of the comparison: the engine, {@code embed()} in Spark, and the job. */
package dev.embark.bench.ours;
