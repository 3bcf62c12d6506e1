package dev.embark.engine.options;

import static dev.embark.engine.options.OptionSpec.integer;
import static dev.embark.engine.options.OptionSpec.names;
import static dev.embark.engine.options.OptionSpec.oneOf;

import dev.embark.engine.options.RerankOptions.Activation;
import dev.embark.engine.options.RerankOptions.Truncation;
import java.util.function.UnaryOperator;

/** Every option of a reranking, with its key, allowed values, default and description. */
public enum RerankOption implements FunctionOption {
  MODEL(
      OptionSpec.model("", "The reranker: a model folder or a GGUF file; there is none built in.")),
  MODEL_SHA256(OptionSpec.modelSha256()),
  INSTRUCTION(
      "instruction",
      "text",
      "",
      "What makes a document relevant to a query, for rerankers with an instruction in their prompt,"
          + " such as Qwen3-Reranker; the model's own if unset.",
      value -> value),
  MAX_TOKENS(
      "maxTokens",
      "4 or more",
      "",
      "Maximum number of tokens of a pair, special tokens included; the model's context if unset.",
      value -> integer(value, 4)),
  TRUNCATION(
      "truncation",
      names(Truncation.values()),
      Truncation.LONGEST_FIRST.toString(),
      "Which text of a pair of more than maxTokens tokens loses its end: the longer one, the"
          + " document, or none, so that the pair fails.",
      value -> oneOf(value, Truncation.values())),
  ACTIVATION(
      "activation",
      names(Activation.values()),
      Activation.MODEL.toString(),
      "What the model's output becomes: what the model's files say (a sigmoid if they say"
          + " nothing), a sigmoid, or itself.",
      value -> oneOf(value, Activation.values())),
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
