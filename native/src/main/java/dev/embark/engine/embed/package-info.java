/**
 * Embeds texts into Arrow vectors, and scores pairs of texts.
 *
 * <pre>
 *  texts ──► Tokenizer ──► TokenizedTexts ──► BatchPacker ──► PackedBatch ──► Encoder ──► VectorWriter ──► ListVector
 *  UTF-8      policies      ids, lengths       by length,      sequences       decode,      any order        rows in
 *                           in native memory   overflow rule   of one call     pool                          order
 *                                    └────────── EmbeddingEngine: one context, one thread ──────────┘
 * </pre>
 *
 * <p>{@link dev.embark.engine.embed.RerankingEngine} takes the same way: {@code PairTokenizer}
 * makes one sequence of a pair, and the head of the model gives one float in place of a vector.
 *
 * <p>Ownership: {@link dev.embark.llama.LlamaModel} owns the mapped model and is shared. Each
 * {@link dev.embark.engine.embed.EmbeddingEngine} owns one context, one batch and one buffer of
 * token ids, and writes into a vector that its caller owns. Native memory is freed by {@code
 * close()}, never by the garbage collector. An engine on a {@link
 * dev.embark.engine.embed.SharedEncoder} owns no context: it feeds the queue of the shared encoder,
 * whose batches mix texts of many tasks.
 */
package dev.embark.engine.embed;
