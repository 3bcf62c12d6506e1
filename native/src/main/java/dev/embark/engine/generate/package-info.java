/**
 * Prompts in, answers out.
 *
 * <pre>
 *  prompts ──► PromptTokenizer ──► AnswerInProgress ──► ContinuousBatch ──► Answer ──► GeneratedRows
 *  UTF-8        chat template       a row's state      a token a batch     bytes      text, finish
 * </pre>
 *
 * <p>Each {@link dev.embark.engine.generate.GenerationEngine} owns one context, whose sequences
 * belong to different rows, and is for one thread. Its results are valid until its next window.
 */
package dev.embark.engine.generate;
