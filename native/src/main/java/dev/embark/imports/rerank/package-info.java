/**
 * Reads from the JSON files of a model folder how a model scores pairs of texts.
 *
 * <pre>
 *  config.json, config_sentence_transformers.json ──► ScoreHead: labels, activation
 *  tokenizer.json, tokenizer_config.json ───────────► PairTemplate: special tokens, token types
 *  chat_template.jinja, README.md ──────────────────► PairPrompt: the prompt of a decoder
 *  1_LogitScore/config.json, tokenizer.json ────────► AnswerTokens: yes and no of a decoder
 *                                                     └──► Reranker: all of it, or what is wrong
 * </pre>
 *
 * <p>What is wrong for a score is left to the caller to refuse. All classes are immutable.
 */
package dev.embark.imports.rerank;
