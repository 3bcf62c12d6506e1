package dev.embark.engine.model;

import java.util.Optional;

/**
 * What a model is, for people and for records of what made a vector.
 *
 * @param architecture such as {@code bert}
 * @param name as its authors call it; empty when the file does not say
 * @param dimensions of its vectors
 * @param context tokens of the longest text that it was trained for
 * @param pooling {@code mean, cls, last, rank} or {@code none}
 * @param quantisation the type that most of its weights are kept in, such as {@code F16} or {@code
 *     Q4_K}
 * @param parameters number of its weights
 * @param bytes of its file
 * @param sha256 of its file, in lower-case hex
 * @param vocabulary the kind of tokenizer, as GGUF names it: {@code bert} is WordPiece, {@code
 *     gpt2} byte pairs, {@code llama} and {@code t5} SentencePiece
 * @param vocabularySize number of its tokens
 * @param prefix text that is put before each input where no option says otherwise; empty for none
 */
public record ModelDescription(
    String architecture,
    Optional<String> name,
    int dimensions,
    int context,
    String pooling,
    String quantisation,
    long parameters,
    long bytes,
    String sha256,
    String vocabulary,
    int vocabularySize,
    String prefix) {}
