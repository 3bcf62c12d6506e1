package dev.embark.engine.model;

import dev.embark.engine.prompts.ModelPrompts;
import java.util.List;
import java.util.Optional;

/**
 * Description of a model for display and for provenance records of vectors.
 *
 * @param architecture such as {@code bert}
 * @param name given by its authors; empty when the file has none
 * @param dimensions floats per vector
 * @param context trained context length in tokens
 * @param pooling {@code mean, cls, last, rank} or {@code none}
 * @param generates whether it is a decoder without pooling, which answers prompts
 * @param chatTemplate which template formats prompts by default, as a clause; empty unless the
 *     model generates
 * @param instruction what makes a document relevant, in the prompt of a reranker; empty for none
 * @param quantisation what the file calls its mix of weight types, such as {@code Q4_K_M}; the type
 *     of most weights if the file does not say
 * @param parameters number of weights
 * @param bytes size of the file
 * @param sha256 SHA-256 of the file in lower-case hex
 * @param vocabulary GGUF name of the tokenizer type: {@code bert} is WordPiece, {@code gpt2}
 *     byte-pair encoding, {@code llama} and {@code t5} SentencePiece
 * @param vocabularySize number of tokens
 * @param prefix text that is prepended to each input by default; empty for none
 * @param prompts texts that are prepended by the role of an input; empty if none are known
 * @param accelerator the accelerator's instruction set and arithmetic for this model on this CPU by
 *     default, such as {@code AVX-512 VNNI int16}; empty if llama.cpp computes the model
 * @param notAccelerated why llama.cpp computes the model, as a clause; empty if it does not
 * @param license identifier, name and address that the file gives, in one line; empty for none
 * @param warnings why its vectors may differ from those of its authors, as clauses that follow its
 *     name
 */
public record ModelDescription(
    String architecture,
    Optional<String> name,
    int dimensions,
    int context,
    String pooling,
    boolean generates,
    Optional<String> chatTemplate,
    Optional<String> instruction,
    String quantisation,
    long parameters,
    long bytes,
    String sha256,
    String vocabulary,
    int vocabularySize,
    String prefix,
    Optional<ModelPrompts> prompts,
    String accelerator,
    Optional<String> notAccelerated,
    Optional<String> license,
    List<String> warnings) {

  /** Returns whether the model scores pairs of texts and has no vector for one. */
  public boolean isReranker() {
    return pooling.equals(ModelFile.RANK);
  }
}
