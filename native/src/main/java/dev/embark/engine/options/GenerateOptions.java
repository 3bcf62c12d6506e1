package dev.embark.engine.options;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The options of a generation. Immutable, safe for any thread. */
public final class GenerateOptions extends FunctionOptions {
  /** Sequences that a context of this llama.cpp can have: its LLAMA_MAX_SEQ. */
  public static final int MAX_SEQUENCES = 256;

  private static final long serialVersionUID = 1L;
  private static final List<GenerateOption> ALL = List.of(GenerateOption.values());
  private static final GenerateOptions DEFAULTS = new GenerateOptions(Map.of());
  private static final Pattern BETWEEN_STOPS = Pattern.compile("\\|\\|");

  private GenerateOptions(Map<String, String> values) {
    super(values);
  }

  /** No option set. */
  public static GenerateOptions defaults() {
    return DEFAULTS;
  }

  /** Those of {@code given} and the defaults of the rest; see {@link #with}. */
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
    return key.equalsIgnoreCase("jsonSchema")
        ? " Write the schema as a grammar: json_schema_to_grammar.py of llama.cpp makes one of it."
        : "";
  }

  @Override
  public GenerateOptions with(Map<String, String> given) {
    return new GenerateOptions(merged(given));
  }

  /** {@code model}, {@code none}, or the name of a template of llama.cpp. */
  public String chatTemplate() {
    return get(GenerateOption.CHAT_TEMPLATE);
  }

  /** The system message; empty for none. */
  public String system() {
    return get(GenerateOption.SYSTEM);
  }

  /** Tokens of an answer at most. */
  public int maxTokens() {
    return Integer.parseInt(get(GenerateOption.MAX_TOKENS));
  }

  /** 0 for the likeliest token. */
  public float temperature() {
    return Float.parseFloat(get(GenerateOption.TEMPERATURE));
  }

  /** Tokens that are drawn from; 0 for all. */
  public int topK() {
    return Integer.parseInt(get(GenerateOption.TOP_K));
  }

  /** Probability of the tokens that are drawn from; 1 for all. */
  public float topP() {
    return Float.parseFloat(get(GenerateOption.TOP_P));
  }

  /** Probability of a token that is drawn from, by that of the likeliest; 0 for all. */
  public float minP() {
    return Float.parseFloat(get(GenerateOption.MIN_P));
  }

  /** What the drawing starts from. */
  public int seed() {
    return Integer.parseInt(get(GenerateOption.SEED));
  }

  /** Texts that end an answer. */
  public List<String> stop() {
    return BETWEEN_STOPS
        .splitAsStream(get(GenerateOption.STOP))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /** GBNF; empty for none. */
  public String grammar() {
    return get(GenerateOption.GRAMMAR);
  }

  /** What happens to a prompt that leaves no room for an answer. */
  public LongText longText() {
    return LongText.valueOf(get(GenerateOption.LONG_TEXT).toUpperCase(Locale.ROOT));
  }

  /** Tokens in the memory of a context, which its sequences have equal parts of. */
  public int contextTokens() {
    return Integer.parseInt(get(GenerateOption.CONTEXT_TOKENS));
  }

  /** Sequences of a context at most. */
  public int sequences() {
    return Integer.parseInt(get(GenerateOption.SEQUENCES));
  }

  /** How often a prompt that failed is tried again. */
  public int retries() {
    return Integer.parseInt(get(GenerateOption.RETRIES));
  }

  /** Decoders are computed by llama.cpp alone. */
  @Override
  public Acceleration acceleration() {
    return Acceleration.OFF;
  }

  @Override
  List<Object> meaning() {
    return Arrays.stream(GenerateOption.values()).<Object>map(this::get).toList();
  }
}
