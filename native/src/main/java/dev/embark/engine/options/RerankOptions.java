package dev.embark.engine.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The options of a reranking. Immutable and thread-safe. */
public final class RerankOptions extends FunctionOptions {
  /**
   * Values of the option {@code truncation}: which text of a pair loses tokens at its end if the
   * pair is too long. The names are those of the Hugging Face tokenizers.
   */
  public enum Truncation {
    /** The longer text until both are equally long, then both; in a prompt the document first. */
    LONGEST_FIRST,
    /** The second text, the document; a pair whose query leaves it no token fails. */
    ONLY_SECOND,
    /** Neither: a pair that is too long fails. */
    DO_NOT_TRUNCATE;

    /** Returns the option value. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Values of the option {@code activation}: what a reranker's output becomes. */
  public enum Activation {
    /** As sentence-transformers takes it from the model's files: the sigmoid if they name none. */
    MODEL,
    /** 1 / (1 + exp(-output)), between 0 and 1. */
    SIGMOID,
    /** The output itself. */
    NONE;

    /** Returns the option value. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

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

  /** Returns the instruction that replaces the one of the model's prompt; empty if unset. */
  public Optional<String> instruction() {
    return set(RerankOption.INSTRUCTION);
  }

  /** Returns the maximum number of tokens per pair; empty for the model's context. */
  public OptionalInt maxTokens() {
    return integer(get(RerankOption.MAX_TOKENS));
  }

  /** Returns which text of a longer pair is cut. */
  public Truncation truncation() {
    return Truncation.valueOf(get(RerankOption.TRUNCATION).toUpperCase(Locale.ROOT));
  }

  /**
   * Returns whether a score goes through a sigmoid.
   *
   * @param ofModel the value in the model's own metadata, which counts if the option is {@code
   *     model}
   */
  public boolean isSigmoid(Optional<String> ofModel) {
    return switch (Activation.valueOf(get(RerankOption.ACTIVATION).toUpperCase(Locale.ROOT))) {
      case MODEL -> ofModel.filter(Activation.NONE.toString()::equals).isEmpty();
      case SIGMOID -> true;
      case NONE -> false;
    };
  }

  @Override
  public Acceleration acceleration() {
    return accelerationOfEncoder();
  }

  @Override
  List<Object> meaning() {
    List<Object> meaning = new ArrayList<>();
    Arrays.stream(RerankOption.values()).map(this::get).forEach(meaning::add);
    meaning.add(instruction()); // an empty one, unlike an unset one, replaces the model's
    return meaning;
  }
}
