/**
 * Loads model files and describes them.
 *
 * <pre>
 *  file ──► GgufHeader ──► ModelCheck, VocabularyCheck, SplitModel: rejected if llama.cpp would abort
 *                     ├──► MemoryEstimate ──► EngineMemory, GpuLayers: memory and placement
 *                     ├──► ModelLoader ──► LlamaModel ──► SelfTest
 *                     └──► ModelFile ──► ModelDescription
 * </pre>
 *
 * <p>Stateless and thread-safe.
 */
package dev.embark.engine.model;
