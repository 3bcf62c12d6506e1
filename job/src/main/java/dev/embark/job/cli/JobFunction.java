package dev.embark.job.cli;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The function that a run applies to each text. Uses no Spark class. */
public enum JobFunction {
  /** Computes a vector with {@code embed()}. */
  EMBED(
      "embedding",
      "embedded",
      "tokens",
      20_000,
      Set.of(
          EmbedOption.LONG_TEXT.key(),
          EmbedOption.MAX_TOKENS.key(),
          EmbedOption.CHUNK_OVERLAP.key()),
      EmbedOptions::of),
  /** Computes an answer with {@code generate()}. */
  GENERATE(
      "answer",
      "answered",
      "tokens generated",
      500,
      Set.of(GenerateOption.LONG_TEXT.key(), GenerateOption.TRUNCATE_SIDE.key()),
      GenerateOptions::of);

  private final String result;
  private final String done;
  private final String tokens;
  private final int rowsPerCore;
  private final Set<String> ofLongTexts;
  private final Function<Map<String, String>, FunctionOptions> options;

  JobFunction(
      String result,
      String done,
      String tokens,
      int rowsPerCore,
      Set<String> ofLongTexts,
      Function<Map<String, String>, FunctionOptions> options) {
    this.result = result;
    this.done = done;
    this.tokens = tokens;
    this.rowsPerCore = rowsPerCore;
    this.ofLongTexts = ofLongTexts;
    this.options = options;
  }

  /** Returns the word for a result, which is also the default name of the result column. */
  public String result() {
    return result;
  }

  /** Returns the past participle for a row with a result, used in progress output. */
  public String done() {
    return done;
  }

  /** Returns the label of the token count: tokens of the texts, or of the generated answers. */
  public String tokens() {
    return tokens;
  }

  /** Returns counts of the operators with the tokens that {@link #tokens} names. */
  public RowCounts counts(RowCounts ofOperators) {
    return this == EMBED
        ? ofOperators
        : ofOperators.with(RowCounter.TOKENS, ofOperators.generatedTokens());
  }

  /**
   * Returns the default number of rows per core in a wave: about four minutes of work. Measured
   * with the built-in model on the accelerator and texts of 100 tokens, or with the small decoder
   * of {@code bench/sequences.sh} and answers of 100 tokens.
   */
  public int rowsPerCore() {
    return rowsPerCore;
  }

  /** Returns the keys of the options that affect only texts exceeding the token limit. */
  public Set<String> ofLongTexts() {
    return ofLongTexts;
  }

  /**
   * Parses and validates options.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION if a key or value is invalid
   */
  FunctionOptions options(Map<String, String> given) {
    return options.apply(given);
  }

  /** Returns the name used by the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
