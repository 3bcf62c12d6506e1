package dev.embark.engine.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The options of an embedding. Immutable, safe for any thread. */
public final class EmbedOptions extends FunctionOptions {
  private static final long serialVersionUID = 1L;
  private static final List<EmbedOption> ALL = List.of(EmbedOption.values());
  private static final EmbedOptions DEFAULTS = new EmbedOptions(Map.of());

  private EmbedOptions(Map<String, String> values) {
    super(values);
  }

  /** No option set. */
  public static EmbedOptions defaults() {
    return DEFAULTS;
  }

  /** Those of {@code given} and the defaults of the rest; see {@link #with}. */
  public static EmbedOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  @Override
  public String function() {
    return "embed";
  }

  @Override
  List<EmbedOption> all() {
    return ALL;
  }

  @Override
  public EmbedOptions with(Map<String, String> given) {
    return new EmbedOptions(merged(given));
  }

  /** Text before each input, an empty one for none; absent for the model's own. */
  public Optional<String> prefix() {
    return set(EmbedOption.PREFIX);
  }

  /** Tokens of a text that are looked at; empty for the model's context. */
  public OptionalInt maxTokens() {
    return integer(get(EmbedOption.MAX_TOKENS));
  }

  /** What happens to a longer text. */
  public LongText longText() {
    return LongText.valueOf(get(EmbedOption.LONG_TEXT).toUpperCase(Locale.ROOT));
  }

  /** Tokens that neighbouring chunks share. */
  public int chunkOverlap() {
    return Integer.parseInt(get(EmbedOption.CHUNK_OVERLAP));
  }

  /** How token vectors become one. */
  public Pooling pooling() {
    return Pooling.valueOf(get(EmbedOption.POOLING).toUpperCase(Locale.ROOT));
  }

  /** How the vector is scaled. */
  public Normalization normalize() {
    return Normalization.parse(get(EmbedOption.NORMALIZE));
  }

  /** How many dimensions are kept; empty for all. */
  public OptionalInt dimensions() {
    return integer(get(EmbedOption.DIMENSIONS));
  }

  /** What the vector is stored as. */
  public VectorType output() {
    return VectorType.valueOf(get(EmbedOption.OUTPUT).toUpperCase(Locale.ROOT));
  }

  @Override
  public Acceleration acceleration() {
    if (get(EmbedOption.ACCELERATOR).equals(AcceleratorChoice.OFF.toString())) {
      return Acceleration.OFF;
    }
    return Acceleration.valueOf(get(EmbedOption.PRECISION).toUpperCase(Locale.ROOT));
  }

  @Override
  List<Object> meaning() {
    List<Object> meaning = new ArrayList<>();
    Arrays.stream(EmbedOption.values()).map(this::get).forEach(meaning::add);
    meaning.add(prefix()); // an empty one switches the model's own off
    return meaning;
  }
}
