/**
 * Cuts texts into chunks of a limited number of tokens, at the boundaries that readers see.
 *
 * <pre>
 *  text ──► TextPositions ──► TextSplitter ──► Span ──► ChunkTokenizer ──► TokenizedTexts: ids
 *           characters of       ▲     ▲                                └─► TextChunks: places
 *           Spark, of Java      │     └── number of tokens, by the model's own tokenizer
 *                               └── Boundaries, MarkdownBlocks: where to cut
 * </pre>
 *
 * <p>With {@code lateChunking} the chunks of a text go through TextSegments and JointWindows into
 * sequences of several chunks.
 *
 * <p>Each chunk is tokenised by itself, as a text that has nothing around it, so its number of
 * tokens is exact for every vocabulary. Classes are not thread-safe.
 */
package dev.embark.engine.chunks;
