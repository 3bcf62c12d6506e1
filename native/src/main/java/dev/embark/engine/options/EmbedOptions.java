package dev.embark.engine.options;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The options of an embedding of a whole text. Immutable and thread-safe. */
public sealed class EmbedOptions extends FunctionOptions permits ChunkOptions {
  private static final long serialVersionUID = 1L;
  private static final List<EmbedOption> ALL =
      Arrays.stream(EmbedOption.values())
          .filter(option -> !EmbedOption.OF_CHUNKS.contains(option))
          .toList();
  private static final EmbedOptions DEFAULTS = new EmbedOptions(Map.of());

  EmbedOptions(Map<String, String> values) {
    super(values);
  }

  /** Returns the default options. */
  public static EmbedOptions defaults() {
    return DEFAULTS;
  }

  /** Returns the defaults overridden by {@code given}; see {@link #with}. */
  public static EmbedOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  /** Returns every option of {@code embed}. */
  public static List<EmbedOption> every() {
    return ALL;
  }

  @Override
  public String function() {
    return "embed";
  }

  @Override
  String instead(String key) {
    return EmbedOption.OF_CHUNKS.stream().map(EmbedOption::key).anyMatch(key::equalsIgnoreCase)
        ? " It is an option of embed_chunks, which returns a vector for each chunk of a text."
        : "";
  }

  @Override
  List<EmbedOption> all() {
    return ALL;
  }

  @Override
  public EmbedOptions with(Map<String, String> given) {
    return new EmbedOptions(merged(given));
  }

  /**
   * Returns the text to prepend to each input, empty for none; absent for the model's own prefix.
   */
  public Optional<String> prefix() {
    return set(EmbedOption.PREFIX);
  }

  /**
   * Returns the role of the texts, whose prompt precedes each text unless {@link #prefix} is set.
   */
  public Optional<Role> role() {
    return set(EmbedOption.ROLE).map(role -> Role.valueOf(role.toUpperCase(Locale.ROOT)));
  }

  /** Returns the maximum number of tokens per text; empty for the model's context. */
  public OptionalInt maxTokens() {
    return integer(get(EmbedOption.MAX_TOKENS));
  }

  /** Returns the policy for longer texts. */
  public LongText longText() {
    return LongText.valueOf(get(EmbedOption.LONG_TEXT).toUpperCase(Locale.ROOT));
  }

  /** Returns the number of tokens that neighbouring chunks share. */
  public int chunkOverlap() {
    return Integer.parseInt(get(EmbedOption.CHUNK_OVERLAP));
  }

  /** Returns how token vectors are combined into one. */
  public Pooling pooling() {
    return Pooling.valueOf(get(EmbedOption.POOLING).toUpperCase(Locale.ROOT));
  }

  /** Returns how the vector is scaled. */
  public Normalization normalize() {
    return Normalization.parse(get(EmbedOption.NORMALIZE));
  }

  /**
   * Returns how the vector of a model is scaled.
   *
   * @param ofModel the value in the model's own metadata, which counts if the option is unset
   */
  public Normalization normalize(Optional<String> ofModel) {
    return set(EmbedOption.NORMALIZE).isEmpty()
            && ofModel.filter(Normalization.NONE.toString()::equals).isPresent()
        ? Normalization.NONE
        : normalize();
  }

  /** Returns the number of dimensions to keep; empty for all. */
  public OptionalInt dimensions() {
    return integer(get(EmbedOption.DIMENSIONS));
  }

  /** Returns the type in which the vector is stored. */
  public VectorType output() {
    return VectorType.valueOf(get(EmbedOption.OUTPUT).toUpperCase(Locale.ROOT));
  }

  @Override
  public Acceleration acceleration() {
    return accelerationOfEncoder();
  }

  @Override
  List<Object> meaning() {
    List<Object> meaning = new ArrayList<>();
    Arrays.stream(EmbedOption.values()).map(this::get).forEach(meaning::add);
    meaning.add(prefix()); // an empty prefix, unlike an unset one, disables the model's
    return meaning;
  }
}
