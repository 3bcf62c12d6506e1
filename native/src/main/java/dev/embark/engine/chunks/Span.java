package dev.embark.engine.chunks;

/**
 * A chunk of a text.
 *
 * @param begin position in the Java string
 * @param end position after the last one
 * @param tokens number of tokens, prompt and special tokens included
 */
record Span(int begin, int end, int tokens) {}
