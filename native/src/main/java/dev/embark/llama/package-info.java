/**
 * llama.cpp for Java: handles over the C header {@code embark_llama.h}.
 *
 * <pre>
 *  LlamaBackend ──► LlamaModel ──► LlamaContext, GenerationContext ◄── TokenBatch
 *   libraries,                      one thread each                     TokenizedTexts, Sampler
 *   devices, Accelerator
 * </pre>
 *
 * <p>JavaCPP generates {@code Llama} from the header at build time; only this package calls it. One
 * class owns each native object and frees it in {@code close()}, which is idempotent. Native errors
 * become {@link dev.embark.engine.rows.EmbarkException}s here; whatever llama.cpp would abort on is
 * refused before the call.
 */
package dev.embark.llama;
