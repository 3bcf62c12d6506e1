package dev.embark.engine.options;

import static dev.embark.engine.options.OptionSpec.atMost;
import static dev.embark.engine.options.OptionSpec.integer;

import java.util.function.UnaryOperator;

/**
 * Every option of a classification, with its key, allowed values, default and description. Those of
 * a generation mean the same.
 */
public enum ClassifyOption implements FunctionOption {
  MODEL(GenerateOption.MODEL.spec()),
  MODEL_SHA256(GenerateOption.MODEL_SHA256.spec()),
  CHAT_TEMPLATE(GenerateOption.CHAT_TEMPLATE.spec()),
  SYSTEM(GenerateOption.SYSTEM.spec()),
  INSTRUCTION(
      "instruction",
      "text, whose {labels} is replaced by the labels",
      "Classify the text as one of these labels: {labels}. Answer with the label alone.",
      "What the model is to do, written before each text.",
      value -> value),
  LONG_TEXT(GenerateOption.LONG_TEXT.spec()),
  TRUNCATE_SIDE(GenerateOption.TRUNCATE_SIDE.spec()),
  CONTEXT_TOKENS(
      "contextTokens",
      "512 or more",
      "4096",
      "Size of a task's context in tokens: half of it, or less, for a prompt with a label, and the"
          + " rest for copies of the prompt, one for each label at a time.",
      value -> integer(value, ClassifyOptions.MIN_CONTEXT_TOKENS)),
  SEQUENCES(
      "sequences",
      "2 to 255",
      "16",
      "Maximum number of labels that a task compares at a time, and two: one for the prompt and"
          + " one for the start that all prompts share. Limited by contextTokens.",
      value -> atMost(integer(value, 2), GenerateOptions.MAX_SEQUENCES - 1)),
  MODE(OptionSpec.mode("a text that cannot be classified")),
  DEVICE(OptionSpec.device("scores")),
  BATCH_TOKENS(OptionSpec.batchTokens());

  private final OptionSpec spec;

  ClassifyOption(
      String key,
      String takes,
      String defaultValue,
      String description,
      UnaryOperator<String> canonical) {
    this(new OptionSpec(key, takes, defaultValue, description, canonical));
  }

  ClassifyOption(OptionSpec spec) {
    this.spec = spec;
  }

  @Override
  public OptionSpec spec() {
    return spec;
  }
}
