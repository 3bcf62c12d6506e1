package dev.embark.engine.options;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The options of a reranking. Immutable and thread-safe. */
public final class RerankOptions extends FunctionOptions {
  private static final long serialVersionUID = 1L;
  private static final List<RerankOption> ALL = List.of(RerankOption.values());
  private static final RerankOptions DEFAULTS = new RerankOptions(Map.of());

  private RerankOptions(Map<String, String> values) {
    super(values);
  }

  /** Returns the default options. */
  public static RerankOptions defaults() {
    return DEFAULTS;
  }

  /** Returns the defaults overridden by {@code given}; see {@link #with}. */
  public static RerankOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  @Override
  public String function() {
    return "rerank";
  }

  @Override
  List<RerankOption> all() {
    return ALL;
  }

  @Override
  public RerankOptions with(Map<String, String> given) {
    return new RerankOptions(merged(given));
  }

  /** Returns the maximum number of tokens per pair; empty for the model's context. */
  public OptionalInt maxTokens() {
    return integer(get(RerankOption.MAX_TOKENS));
  }

  /** Returns which text of a longer pair is cut. */
  public PairTruncation truncation() {
    return PairTruncation.valueOf(get(RerankOption.TRUNCATION).toUpperCase(Locale.ROOT));
  }

  /**
   * Returns whether a score goes through a sigmoid.
   *
   * @param ofModel the value in the model's own metadata, which counts if the option is {@code
   *     model}
   */
  public boolean isSigmoid(Optional<String> ofModel) {
    return switch (ScoreActivation.valueOf(get(RerankOption.ACTIVATION).toUpperCase(Locale.ROOT))) {
      case MODEL -> ofModel.filter(ScoreActivation.NONE.toString()::equals).isEmpty();
      case SIGMOID -> true;
      case NONE -> false;
    };
  }

  @Override
  public Acceleration acceleration() {
    if (get(RerankOption.ACCELERATOR).equals(AcceleratorChoice.OFF.toString())) {
      return Acceleration.OFF;
    }
    return Acceleration.valueOf(get(RerankOption.PRECISION).toUpperCase(Locale.ROOT));
  }

  @Override
  List<Object> meaning() {
    return Arrays.stream(RerankOption.values()).<Object>map(this::get).toList();
  }
}
