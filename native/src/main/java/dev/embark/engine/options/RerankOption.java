package dev.embark.engine.options;

import static dev.embark.engine.options.OptionSpec.integer;
import static dev.embark.engine.options.OptionSpec.names;
import static dev.embark.engine.options.OptionSpec.oneOf;

import java.util.function.UnaryOperator;

/** Every option of a reranking, with its key, allowed values, default and description. */
public enum RerankOption implements FunctionOption {
  MODEL(
      OptionSpec.model(
          "", "The reranker: a folder of a cross-encoder or a GGUF file; there is none built in.")),
  MODEL_SHA256(OptionSpec.modelSha256()),
  MAX_TOKENS(
      "maxTokens",
      "4 or more",
      "",
      "Maximum number of tokens of a pair, special tokens included; the model's context if unset.",
      value -> integer(value, 4)),
  TRUNCATION(
      "truncation",
      names(PairTruncation.values()),
      PairTruncation.LONGEST_FIRST.toString(),
      "Which text of a pair of more than maxTokens tokens loses its end: the longer one, the"
          + " document, or none, so that the pair fails.",
      value -> oneOf(value, PairTruncation.values())),
  ACTIVATION(
      "activation",
      names(ScoreActivation.values()),
      ScoreActivation.MODEL.toString(),
      "What the model's output becomes: what the model's files say (a sigmoid if they say"
          + " nothing), a sigmoid, or itself.",
      value -> oneOf(value, ScoreActivation.values())),
  MODE(OptionSpec.mode("a pair that cannot be scored")),
  DEVICE(OptionSpec.device("scores")),
  ACCELERATOR(OptionSpec.accelerator()),
  PRECISION(OptionSpec.precision()),
  BATCH_TOKENS(OptionSpec.batchTokens());

  private final OptionSpec spec;

  RerankOption(
      String key,
      String takes,
      String defaultValue,
      String description,
      UnaryOperator<String> canonical) {
    this(new OptionSpec(key, takes, defaultValue, description, canonical));
  }

  RerankOption(OptionSpec spec) {
    this.spec = spec;
  }

  @Override
  public OptionSpec spec() {
    return spec;
  }
}
