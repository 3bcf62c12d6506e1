package dev.embark.job.cli;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.GenerateOptions;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** What a run computes for each text. Uses no class of Spark. */
public enum JobFunction {
  /** A vector, by embed(). */
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
  /** An answer, by generate(). */
  GENERATE(
      "answer",
      "answered",
      "tokens generated",
      500,
      Set.of(GenerateOption.LONG_TEXT.key()),
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

  /** Returns what a text gets, in a word; also the column that a run adds unless told otherwise. */
  public String result() {
    return result;
  }

  /** Returns what became of a text that has its result, in a word. */
  public String done() {
    return done;
  }

  /** Returns what the tokens are that a run counts: those of its texts, or those of its answers. */
  public String tokens() {
    return tokens;
  }

  /**
   * Returns how many rows a wave has for each core: some four minutes of its work, with the
   * built-in model, the accelerator and texts of a hundred tokens, or with the small decoder of
   * {@code bench/sequences.sh} and answers as long.
   */
  public int rowsPerCore() {
    return rowsPerCore;
  }

  /** Returns the keys of options that only say what becomes of texts that are too long. */
  public Set<String> ofLongTexts() {
    return ofLongTexts;
  }

  /**
   * Checks options.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION when one is not allowed
   */
  FunctionOptions options(Map<String, String> given) {
    return options.apply(given);
  }

  /** Returns the name as written on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
