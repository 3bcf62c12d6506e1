package dev.embark.engine.options;

import static dev.embark.engine.options.OptionSpec.atMost;
import static dev.embark.engine.options.OptionSpec.integer;
import static dev.embark.engine.options.OptionSpec.names;
import static dev.embark.engine.options.OptionSpec.oneOf;
import static dev.embark.engine.options.OptionSpec.real;

import java.util.function.UnaryOperator;

/**
 * Every option of a generation: its key, what it takes, its default and what it does. The defaults
 * of topK, topP and minP are those of llama.cpp's own tools.
 */
public enum GenerateOption implements FunctionOption {
  MODEL(OptionSpec.model("", "The GGUF model, a decoder; there is none built in.")),
  MODEL_SHA256(OptionSpec.modelSha256()),
  CHAT_TEMPLATE(
      "chatTemplate",
      "model, none or the name of a template of llama.cpp, such as chatml",
      "model",
      "How a prompt becomes a chat: by the template in the model's file if it has one, as it is, or"
          + " by a template that llama.cpp knows.",
      OptionSpec::notBlank),
  SYSTEM("system", "text", "", "What the chat's system message says.", value -> value),
  MAX_TOKENS(
      "maxTokens", "1 or more", "256", "Tokens of an answer at most.", value -> integer(value, 1)),
  TEMPERATURE(
      "temperature",
      "0 to 100",
      "0.0",
      "How evenly tokens are drawn; 0 always takes the likeliest.",
      value -> real(value, 0, 100)),
  TOP_K(
      "topK",
      "0 or more",
      "40",
      "Draws from so many of the likeliest tokens; from all with 0.",
      value -> integer(value, 0)),
  TOP_P(
      "topP",
      "0 to 1",
      "0.95",
      "Draws from the likeliest tokens that together have this probability.",
      value -> real(value, 0, 1)),
  MIN_P(
      "minP",
      "0 to 1",
      "0.05",
      "Draws from tokens of at least this share of the likeliest one's probability.",
      value -> real(value, 0, 1)),
  SEED(
      "seed",
      "0 or more",
      "0",
      "What the drawing starts from, together with the prompt: the same again gives the same.",
      value -> integer(value, 0)),
  STOP(
      "stop",
      "texts with || between them",
      "",
      "Texts that end an answer, which then lacks them.",
      value -> value),
  GRAMMAR(
      "grammar",
      "GBNF with a rule root",
      "",
      "What every answer has to look like, in llama.cpp's notation of grammars.",
      value -> value),
  LONG_TEXT(
      "longText",
      names(LongText.TRUNCATE, LongText.ERROR),
      LongText.ERROR.toString(),
      "What happens to a prompt that leaves no room for an answer: it fails, or loses its tail.",
      value -> oneOf(value, LongText.TRUNCATE, LongText.ERROR)),
  CONTEXT_TOKENS(
      "contextTokens",
      "2 or more",
      "4096",
      "Tokens that a task keeps in memory, prompts and answers of all rows that it is at: each"
          + " row has an equal part, a multiple of 256.",
      value -> integer(value, 2)),
  SEQUENCES(
      "sequences",
      "1 to 255",
      "16",
      "Rows that a task is at, at most, as far as contextTokens has room for them.",
      value -> atMost(integer(value, 1), GenerateOptions.MAX_SEQUENCES - 1)),
  RETRIES(
      "retries",
      "0 or more",
      "1",
      "How often a prompt that failed is tried again.",
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
