/**
 * Converts texts to the token ids of a model.
 *
 * <pre>
 *  text ──► WordPieceText ──► Vocabulary ──► Tokenizer, Chunker ──► TokenizedTexts
 *  prompt ──► ChatTemplate ──► PromptTokenizer ──────────────────────────▲
 * </pre>
 *
 * <p>Token ids equal those of the model's own tokenizer: {@link
 * dev.embark.engine.text.WordPieceText} and {@link dev.embark.engine.text.SentencePieceCuts}
 * correct llama.cpp where it differs or takes quadratic time. Classes are not thread-safe unless
 * their Javadoc says otherwise.
 */
package dev.embark.engine.text;
