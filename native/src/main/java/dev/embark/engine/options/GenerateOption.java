package dev.embark.engine.options;

import static dev.embark.engine.options.OptionSpec.atMost;
import static dev.embark.engine.options.OptionSpec.integer;
import static dev.embark.engine.options.OptionSpec.names;
import static dev.embark.engine.options.OptionSpec.oneOf;
import static dev.embark.engine.options.OptionSpec.real;

import java.util.function.UnaryOperator;

/**
 * Every option of a generation, with its key, allowed values, default and description. The defaults
 * of topK, topP and minP are those of llama.cpp's own tools.
 */
public enum GenerateOption implements FunctionOption {
  MODEL(OptionSpec.model("", "The GGUF model, a decoder; there is none built in.")),
  MODEL_SHA256(OptionSpec.modelSha256()),
  CHAT_TEMPLATE(
      "chatTemplate",
      "model, none, the name of a template of llama.cpp, such as chatml, or a text in Jinja",
      "model",
      "Chat template of the prompt: the one in the model's file if it has one, no template,"
          + " a template of llama.cpp, or the given one.",
      value -> GenerateOptions.isJinja(value) ? value : OptionSpec.notBlank(value)),
  SYSTEM(
      "system",
      "text",
      "",
      "System message of the chat; control tokens that are written out in it are text.",
      value -> value),
  MAX_TOKENS(
      "maxTokens",
      "1 or more",
      "256",
      "Maximum number of tokens of an answer.",
      value -> integer(value, 1)),
  TEMPERATURE(
      "temperature",
      "0 to 100",
      "0.0",
      "Randomness of sampling; 0 always takes the likeliest token.",
      value -> real(value, 0, 100)),
  TOP_K(
      "topK",
      "0 or more",
      "40",
      "Samples from this number of likeliest tokens; 0 samples from all.",
      value -> integer(value, 0)),
  TOP_P(
      "topP",
      "0 to 1",
      "0.95",
      "Samples from the likeliest tokens that together have this probability.",
      value -> real(value, 0, 1)),
  MIN_P(
      "minP",
      "0 to 1",
      "0.05",
      "Samples from tokens with at least this share of the likeliest token's probability.",
      value -> real(value, 0, 1)),
  SEED(
      "seed",
      "0 or more",
      "0",
      "Seed of sampling, combined with the prompt; the same seed gives the same answer.",
      value -> integer(value, 0)),
  STOP(
      "stop",
      "texts separated by ||",
      "",
      "Texts that end an answer and are removed from it.",
      value -> value),
  GRAMMAR(
      "grammar",
      "GBNF with a rule root",
      "",
      "Grammar that every answer follows, in llama.cpp's notation.",
      value -> value),
  SCHEMA(
      "schema",
      "a Spark DDL, such as label STRING, score DOUBLE, or a JSON schema",
      "",
      "Type of the answers, which is the type of the column; an answer is a JSON value of that"
          + " type, and its strings are bounded so that it fits maxTokens.",
      String::strip),
  LONG_TEXT(
      "longText",
      names(LongText.TRUNCATE, LongText.ERROR),
      LongText.ERROR.toString(),
      "How to treat a prompt that leaves no room for an answer: cut it at truncateSide, or fail.",
      value -> oneOf(value, LongText.TRUNCATE, LongText.ERROR)),
  TRUNCATE_SIDE(
      "truncateSide",
      names(TruncateSide.values()),
      TruncateSide.START.toString(),
      "Where longText=truncate cuts a prompt; the chat template and the system message remain"
          + " whole.",
      value -> oneOf(value, TruncateSide.values())),
  CONTEXT_TOKENS(
      "contextTokens",
      "2 or more",
      "4096",
      "Size of a task's context in tokens, for the prompts and answers of all parallel rows;"
          + " each row has an equal part, a multiple of 256.",
      value -> integer(value, 2)),
  SEQUENCES(
      "sequences",
      "1 to 255",
      "16",
      "Maximum number of rows that a task answers in parallel, limited by contextTokens.",
      value -> atMost(integer(value, 1), GenerateOptions.MAX_SEQUENCES - 1)),
  DETERMINISTIC(
      "deterministic",
      "true, false",
      "false",
      "Whether llama.cpp keeps the layout of weights on a CPU, so that an answer does not depend on"
          + " the rows answered in parallel; slower for Q4_0 and Q4_K.",
      OptionSpec::bool),
  RETRIES(
      "retries",
      "0 or more",
      "1",
      "How often a failed prompt is retried.",
      value -> integer(value, 0)),
  MODE(OptionSpec.mode("a prompt that has no answer")),
  DEVICE(OptionSpec.device("answers")),
  BATCH_TOKENS(OptionSpec.batchTokens());

  private final OptionSpec spec;

  GenerateOption(
      String key,
      String takes,
      String defaultValue,
      String description,
      UnaryOperator<String> canonical) {
    this(new OptionSpec(key, takes, defaultValue, description, canonical));
  }

  GenerateOption(OptionSpec spec) {
    this.spec = spec;
  }

  @Override
  public OptionSpec spec() {
    return spec;
  }
}
