/**
 * Reads from the JSON files of a model folder how a model scores pairs of texts.
 *
 * <pre>
 *  config.json, config_sentence_transformers.json ──► ScoreHead: labels, activation
 *  tokenizer.json, tokenizer_config.json ───────────► PairTemplate: special tokens, token types
 * </pre>
 *
 * <p>What is wrong for a score is left to the caller to refuse. All classes are immutable.
 */
package dev.embark.imports.rerank;
