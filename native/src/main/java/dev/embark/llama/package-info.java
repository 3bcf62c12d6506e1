/**
 * llama.cpp binding for Java: handle classes over the C header {@code embark_llama.h}.
 *
 * <pre>
 *  LlamaBackend ──► LlamaModel ──► LlamaContext, GenerationContext ◄── TokenBatch
 *   libraries,                      one thread each                     TokenizedTexts, Sampler
 *   devices, Accelerator
 * </pre>
 *
 * <p>JavaCPP generates {@code Llama} from the header at build time; only this package calls it.
 * Each native object is owned by one Java object and freed by its idempotent {@code close()}. This
 * package translates native errors into {@link dev.embark.engine.rows.EmbarkException}s and rejects
 * arguments on which llama.cpp would abort.
 */
package dev.embark.llama;
