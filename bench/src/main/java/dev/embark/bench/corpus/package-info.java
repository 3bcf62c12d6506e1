/**
 * The texts that all sides embed.
 *
 * <pre>
 *  WordNet's files ──► WordNet ──► short and long texts ──► Corpus: a file, and the tokens before each text
 *                                          TokenCounter ──────┘
 * </pre>
 */
package dev.embark.bench.corpus;
