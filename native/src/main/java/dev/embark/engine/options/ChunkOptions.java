package dev.embark.engine.options;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The options of the embeddings of a text's chunks: those of an embedding, except those for texts
 * that are too long, and those of chunks. Immutable and thread-safe.
 */
public final class ChunkOptions extends EmbedOptions {
  /** Values of the option {@code chunkBoundary}: where a text is preferably cut. */
  public enum Boundary {
    /** Between words. */
    TOKEN,
    /** Between sentences. */
    SENTENCE,
    /** Between paragraphs, which end at a blank line. */
    PARAGRAPH,
    /** Before headings of Markdown, then between its blocks; fenced code stays in one chunk. */
    MARKDOWN;

    /** Returns the option value. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final long serialVersionUID = 1L;
  private static final Set<EmbedOption> OF_WHOLE_TEXTS =
      Set.of(EmbedOption.MAX_TOKENS, EmbedOption.LONG_TEXT);
  private static final List<EmbedOption> ALL =
      Arrays.stream(EmbedOption.values())
          .filter(option -> !OF_WHOLE_TEXTS.contains(option))
          .toList();
  private static final ChunkOptions DEFAULTS = new ChunkOptions(Map.of());

  private ChunkOptions(Map<String, String> values) {
    super(values);
  }

  /** Returns the default options. */
  public static ChunkOptions defaults() {
    return DEFAULTS;
  }

  /** Returns the defaults overridden by {@code given}; see {@link #with}. */
  public static ChunkOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  /** Returns every option of {@code embed_chunks}. */
  public static List<EmbedOption> every() {
    return ALL;
  }

  @Override
  public String function() {
    return "embed_chunks";
  }

  @Override
  List<EmbedOption> all() {
    return ALL;
  }

  @Override
  String instead(String key) {
    return OF_WHOLE_TEXTS.stream().map(EmbedOption::key).anyMatch(key::equalsIgnoreCase)
        ? " It is for texts that are embedded whole; the size of a chunk is chunkTokens."
        : "";
  }

  @Override
  public ChunkOptions with(Map<String, String> given) {
    return new ChunkOptions(merged(given));
  }

  /**
   * Returns the maximum number of tokens of a chunk, prompt and special tokens included; empty for
   * the model's context.
   */
  public OptionalInt chunkTokens() {
    return integer(get(EmbedOption.CHUNK_TOKENS));
  }

  /** Returns where a text is preferably cut. */
  public Boundary chunkBoundary() {
    return Boundary.valueOf(get(EmbedOption.CHUNK_BOUNDARY).toUpperCase(Locale.ROOT));
  }

  /** Returns whether the model reads the chunks of a text together. */
  public boolean lateChunking() {
    return Boolean.parseBoolean(get(EmbedOption.LATE_CHUNKING));
  }

  /** Returns the locale by whose rules sentences and words end. */
  public Locale chunkLocale() {
    return Optional.of(get(EmbedOption.CHUNK_LOCALE))
        .filter(tag -> !tag.isEmpty())
        .map(Locale::forLanguageTag)
        .orElse(Locale.ROOT);
  }
}
