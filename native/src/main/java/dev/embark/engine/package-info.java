/**
 * The engines: texts in, Arrow vectors or answers out. Knows llama.cpp and Arrow, not Spark.
 *
 * <pre>
 *  texts ──► Tokenizer ──► TokenizedTexts ──► BatchPacker ──► PackedBatch ──► Encoder ──► VectorWriter ──► ListVector
 *  UTF-8      policies      ids, lengths       by length,      sequences       decode,      any order        rows in
 *                           in native memory   overflow rule   of one call     pool                          order
 *                                    └────────── EmbeddingEngine: one context, one thread ──────────┘
 * </pre>
 *
 * <p>A generation takes another way to the same model:
 *
 * <pre>
 *  prompts ──► PromptTokenizer ──► AnswerInProgress ──► ContinuousBatch ──► Answer ──► GeneratedRows
 *  UTF-8        chat template       a row's state      a token a batch     bytes      text, finish
 * </pre>
 *
 * <p>Ownership: {@link dev.embark.engine.LlamaModel} owns the mapped model and is shared; each
 * {@link dev.embark.engine.EmbeddingEngine} owns one context, one batch and one buffer of token
 * ids, and writes into a vector that its caller owns. Native memory is freed by {@code close()} and
 * never by the garbage collector. Engines made on a {@link dev.embark.engine.SharedEncoder} own no
 * context: they feed its queue, and batches hold texts of many tasks. Everything that llama.cpp
 * would abort on is refused in Java before the call.
 */
package dev.embark.engine;
