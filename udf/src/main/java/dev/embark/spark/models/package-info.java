/**
 * Models, engines, devices and memory of one JVM.
 *
 * <pre>
 *  ModelAccess ──► ExecutorModels ──► EnginePool ──► leased engine        (one task at a time)
 *                        │                │
 *                        │                ▼
 *                        │            ModelPool ──► LoadedModel           (one per content and device)
 *                        │                │ ModelStore brings the file
 *                        ▼                ▼
 *                    Devices          MemoryBudget
 * </pre>
 *
 * <p>{@link dev.embark.spark.models.ExecutorModels} owns all of them; an engine belongs to its
 * lease until the lease is closed. Internal.
 */
package dev.embark.spark.models;
