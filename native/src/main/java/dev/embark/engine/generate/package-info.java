/**
 * Generates answers to prompts.
 *
 * <pre>
 *  prompts ──► PromptTokenizer ──► AnswerInProgress ──► ContinuousBatch ──► Answer ──► GeneratedRows
 *  UTF-8        chat template       a row's state      a token a batch     bytes      text, finish
 * </pre>
 *
 * <p>Each {@link dev.embark.engine.generate.GenerationEngine} owns one context, whose sequences
 * belong to different rows, and is used by one thread at a time. Its results belong to the caller.
 */
package dev.embark.engine.generate;
