package dev.embark.engine.prompts;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Role;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The texts that a model's authors put before queries and before documents. A model that was
 * trained with them finds less without them, and no error shows it.
 *
 * <p>They are those of the file's own metadata, if it has any, or of the family that the file's
 * name belongs to. Immutable.
 *
 * @param query prompt of a query; empty for none
 * @param document prompt of a document; empty for none
 */
public record ModelPrompts(String query, String document) {
  /** Metadata key of the prompt of a query, a string that may be empty. */
  public static final String QUERY_KEY = "embark.prompt.query";

  /** Metadata key of the prompt of a document, a string that may be empty. */
  public static final String DOCUMENT_KEY = "embark.prompt.document";

  /** Metadata key of a text that precedes every text of a model, whatever its role. */
  public static final String PREFIX_KEY = "embark.prefix";

  /** Every metadata key that a model's prompts depend on; their values are strings. */
  public static final List<String> KEYS =
      Stream.concat(Stream.of(PREFIX_KEY, QUERY_KEY, DOCUMENT_KEY), PromptFamily.KEYS.stream())
          .toList();

  private static final int LONGEST_NAME = 100;

  /**
   * Returns the prompts of a model; empty if they are unknown. A file that has the prompt of one
   * role alone has none for the other.
   *
   * @param metadata value of a key of the model's file
   */
  public static Optional<ModelPrompts> of(Function<String, Optional<String>> metadata) {
    Optional<String> query = metadata.apply(QUERY_KEY);
    Optional<String> document = metadata.apply(DOCUMENT_KEY);
    return query.isPresent() || document.isPresent()
        ? Optional.of(new ModelPrompts(query.orElse(""), document.orElse("")))
        : PromptFamily.of(metadata).map(PromptFamily::prompts);
  }

  /**
   * Returns the text that precedes each text of a call: the option {@code prefix}, else the prompt
   * of the option {@code role}, else the model's own prefix; empty for none.
   *
   * @param metadata value of a key of the model's file
   * @throws EmbarkException of kind OPTION if there is a role but no prompt is known
   */
  public static String prefix(EmbedOptions options, Function<String, Optional<String>> metadata) {
    if (options.prefix().isPresent()) {
      return options.prefix().get();
    }
    if (options.role().isEmpty()) {
      return metadata.apply(PREFIX_KEY).orElse("");
    }
    Role role = options.role().get();
    return of(metadata).orElseThrow(() -> unknown(role, metadata)).of(role);
  }

  /**
   * Returns the prompts that a call lacks: those of a model which wants a prompt, if the call has
   * neither a role nor a prefix, and the model no prefix of its own.
   *
   * @param metadata value of a key of the model's file
   */
  public static Optional<ModelPrompts> missing(
      EmbedOptions options, Function<String, Optional<String>> metadata) {
    return options.prefix().isPresent()
            || options.role().isPresent()
            || metadata.apply(PREFIX_KEY).isPresent()
        ? Optional.empty()
        : of(metadata).filter(prompts -> !prompts.query.isEmpty() || !prompts.document.isEmpty());
  }

  /** Returns the prompt of a role; empty for none. */
  public String of(Role role) {
    return role == Role.QUERY ? query : document;
  }

  /**
   * Returns the name of a model for messages, in quotes and in one line, whatever its file has.
   *
   * @param metadata value of a key of the model's file
   */
  public static String name(Function<String, Optional<String>> metadata) {
    String name =
        metadata
            .apply(PromptFamily.NAME_KEY)
            .orElse("")
            .replaceAll("[\\s\\p{Cntrl}]+", " ")
            .strip();
    return name.isEmpty()
        ? "without a name"
        : "'" + name.substring(0, Math.min(name.length(), LONGEST_NAME)) + "'";
  }

  /**
   * Returns whether a file gives its model a name, whatever its case and the type at its end.
   *
   * @param metadata value of a key of the model's file
   */
  public static boolean isNamed(Pattern name, Function<String, Optional<String>> metadata) {
    return PromptFamily.names(metadata).anyMatch(name.asMatchPredicate());
  }

  private static EmbarkException unknown(Role role, Function<String, Optional<String>> metadata) {
    return new EmbarkException(
        Condition.UNKNOWN_PROMPT,
        Map.of(
            "role",
            role.toString(),
            "name",
            name(metadata),
            "families",
            String.join(", ", PromptFamily.labels())));
  }
}
