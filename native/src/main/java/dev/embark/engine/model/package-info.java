/**
 * Loads model files and describes them.
 *
 * <pre>
 *  file ──► GgufHeader ──► ModelCheck, VocabularyCheck, SplitModel: refused if llama.cpp would abort
 *                     ├──► MemoryEstimate ──► EngineMemory, GpuLayers: what fits
 *                     ├──► ModelLoader ──► LlamaModel ──► SelfTest
 *                     └──► ModelFile ──► ModelDescription
 * </pre>
 *
 * <p>Stateless; safe for any thread.
 */
package dev.embark.engine.model;
