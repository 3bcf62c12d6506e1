/**
 * Converts texts to the token ids of a model.
 *
 * <pre>
 *  text ──► TextNormalizer ──► Vocabulary ──► Tokenizer, Chunker ──► TokenizedTexts
 *  pair ──► PairTokenizer ──────────────────────────────────────────────────────▲
 *  prompt ──► ChatTemplate ──► ChatTokenizer ──► PromptTokenizer
 *              chat with origins   token ids          cut to the room
 * </pre>
 *
 * <p>Token ids equal those of the model's own tokenizer: a {@link
 * dev.embark.engine.text.TextNormalizer} for each kind of vocabulary and {@link
 * dev.embark.engine.text.SentencePieceCuts} correct llama.cpp where it differs or takes quadratic
 * time. Classes are not thread-safe unless their Javadoc says otherwise.
 */
package dev.embark.engine.text;
