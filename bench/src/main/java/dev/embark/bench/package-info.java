/**
 * What Spark costs. The bare engine and the job embed the same texts with the same model, in rounds
 * that alternate, so that a machine that slows down slows all of them.
 *
 * <pre>
 *  WordNet ──► Glosses ──► EngineRunner (1 thread, 2 threads) ──► Measurement ──► BenchReport
 *                     └──► JobRunner (Spark local[2], Parquet to Parquet) ──┘
 * </pre>
 */
package dev.embark.bench;
