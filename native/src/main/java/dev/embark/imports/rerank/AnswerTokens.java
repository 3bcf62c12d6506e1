package dev.embark.imports.rerank;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tokens by which a decoder answers whether a document is relevant. The score is the logit of
 * yes minus that of no. Immutable.
 *
 * @param yes id of the token
 * @param no id of the token; empty if the score is the logit of yes alone
 */
public record AnswerTokens(int yes, OptionalInt no) {
  /**
   * Reads the configuration of the module LogitScore of sentence-transformers; empty if it names no
   * tokens.
   */
  public static Optional<AnswerTokens> of(JsonNode module) {
    OptionalInt yes = id(module.path("true_token_id"));
    return yes.isPresent()
        ? Optional.of(new AnswerTokens(yes.getAsInt(), id(module.path("false_token_id"))))
        : Optional.empty();
  }

  /** Returns the tokens "yes" and "no" of a {@code tokenizer.json}; empty if it lacks one. */
  public static Optional<AnswerTokens> named(JsonNode tokenizer) {
    OptionalInt yes = id(tokenizer.path("model").path("vocab").path("yes"));
    OptionalInt no = id(tokenizer.path("model").path("vocab").path("no"));
    return yes.isPresent() && no.isPresent()
        ? Optional.of(new AnswerTokens(yes.getAsInt(), no))
        : Optional.empty();
  }

  private static OptionalInt id(JsonNode value) {
    return value.canConvertToInt() && value.asInt() >= 0
        ? OptionalInt.of(value.asInt())
        : OptionalInt.empty();
  }
}
