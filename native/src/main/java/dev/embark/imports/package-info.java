/**
 * Converts a model folder, in the layout of sentence-transformers or of plain transformers, to
 * GGUF.
 *
 * <pre>
 *  config.json ──────────► Architectures ──► Architecture ──┐ hyper-parameters, names of tensors
 *  *.safetensors ──► Safetensors ──► Weights ──► TensorPlan ┼──► GgufWriter ──► file.gguf
 *  tokenizer.json ──► TokenizerFiles ──► TokenizerImport ───┤ tokens, scores, merges
 *  modules.json ──► SentenceModules ────────────────────────┘ pooling, longest text, prompts
 * </pre>
 *
 * <p>{@link dev.embark.imports.ModelImport#convert} runs all of it. A folder is untrusted input:
 * pickles are never read, sizes in headers are checked against their files, and names that lead out
 * of the folder are refused. What llama.cpp cannot represent is refused with an {@link
 * dev.embark.imports.ImportException}.
 */
package dev.embark.imports;
