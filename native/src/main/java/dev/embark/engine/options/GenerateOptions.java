package dev.embark.engine.options;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The options of a generation. Immutable and thread-safe. */
public final class GenerateOptions extends FunctionOptions {
  /** llama.cpp's limit of sequences per context: LLAMA_MAX_SEQ. */
  public static final int MAX_SEQUENCES = 256;

  private static final long serialVersionUID = 1L;
  private static final List<GenerateOption> ALL = List.of(GenerateOption.values());
  private static final GenerateOptions DEFAULTS = new GenerateOptions(Map.of());
  private static final Pattern BETWEEN_STOPS = Pattern.compile("\\|\\|");

  private GenerateOptions(Map<String, String> values) {
    super(values);
  }

  /** Returns the default options. */
  public static GenerateOptions defaults() {
    return DEFAULTS;
  }

  /** Returns the defaults overridden by {@code given}; see {@link #with}. */
  public static GenerateOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  @Override
  public String function() {
    return "generate";
  }

  @Override
  List<GenerateOption> all() {
    return ALL;
  }

  @Override
  String instead(String key) {
    return key.equalsIgnoreCase("jsonSchema") ? " The option schema takes a JSON schema." : "";
  }

  @Override
  public GenerateOptions with(Map<String, String> given) {
    return new GenerateOptions(merged(given));
  }

  /** Returns {@code model}, {@code none}, the name of a llama.cpp template, or a text in Jinja. */
  public String chatTemplate() {
    return get(GenerateOption.CHAT_TEMPLATE);
  }

  /** Returns whether a value of {@code chatTemplate} is a text in Jinja and no name. */
  public static boolean isJinja(String chatTemplate) {
    return chatTemplate.contains("{{") || chatTemplate.contains("{%");
  }

  /** Returns the system message; empty for none. */
  public String system() {
    return get(GenerateOption.SYSTEM);
  }

  /** Returns the maximum number of tokens per answer. */
  public int maxTokens() {
    return Integer.parseInt(get(GenerateOption.MAX_TOKENS));
  }

  /** Returns the sampling temperature; 0 selects the likeliest token. */
  public float temperature() {
    return Float.parseFloat(get(GenerateOption.TEMPERATURE));
  }

  /** Returns the number of likeliest tokens to sample from; 0 for all. */
  public int topK() {
    return Integer.parseInt(get(GenerateOption.TOP_K));
  }

  /** Returns the cumulative probability of the tokens to sample from; 1 for all. */
  public float topP() {
    return Float.parseFloat(get(GenerateOption.TOP_P));
  }

  /** Returns the minimum probability of a token relative to the likeliest; 0 for all. */
  public float minP() {
    return Float.parseFloat(get(GenerateOption.MIN_P));
  }

  /** Returns the seed of sampling. */
  public int seed() {
    return Integer.parseInt(get(GenerateOption.SEED));
  }

  /** Returns the texts that end an answer. */
  public List<String> stop() {
    return BETWEEN_STOPS
        .splitAsStream(get(GenerateOption.STOP))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /** Returns the grammar in GBNF; empty for none. */
  public String grammar() {
    return get(GenerateOption.GRAMMAR);
  }

  /**
   * Returns the type of the answers as a Spark DDL or a JSON schema; empty for text. Engines do not
   * read it: callers turn it into a grammar.
   */
  public String schema() {
    return get(GenerateOption.SCHEMA);
  }

  /** Returns the policy for prompts that leave no room for an answer. */
  public LongText longText() {
    return LongText.valueOf(get(GenerateOption.LONG_TEXT).toUpperCase(Locale.ROOT));
  }

  /** Returns where a prompt that is too long is cut. */
  public TruncateSide truncateSide() {
    return TruncateSide.valueOf(get(GenerateOption.TRUNCATE_SIDE).toUpperCase(Locale.ROOT));
  }

  /** Returns the size of a context in tokens, divided equally among its sequences. */
  public int contextTokens() {
    return Integer.parseInt(get(GenerateOption.CONTEXT_TOKENS));
  }

  /** Returns the maximum number of sequences per context. */
  public int sequences() {
    return Integer.parseInt(get(GenerateOption.SEQUENCES));
  }

  @Override
  public boolean keepsLayout() {
    return Boolean.parseBoolean(get(GenerateOption.DETERMINISTIC));
  }

  /** Returns how often a failed prompt is retried. */
  public int retries() {
    return Integer.parseInt(get(GenerateOption.RETRIES));
  }

  /** Returns {@link Acceleration#OFF}: no weights are packed for generation. */
  @Override
  public Acceleration acceleration() {
    return Acceleration.OFF;
  }

  @Override
  List<Object> meaning() {
    return Arrays.stream(GenerateOption.values()).<Object>map(this::get).toList();
  }
}
