package dev.embark.job.cli;

import static dev.embark.job.cli.Arguments.addIf;
import static dev.embark.job.cli.Arguments.require;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.rows.EmbarkException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * Command-line options that select the function applied to each text and configure it: a mixin of
 * {@link JobSpec}. Uses no Spark class.
 */
@HelpSection(HelpSection.FUNCTION)
public final class FunctionSpec {
  @Option(
      names = "--function",
      paramLabel = "FUNCTION",
      description =
          "${COMPLETION-CANDIDATES}: compute a vector for each text, or answer each text as a"
              + " prompt. Default: embed.")
  private JobFunction function;

  // The former name of --function, accepted for one release.
  @Option(names = "--task", hidden = true)
  private JobFunction formerFunction;

  @Option(
      names = "--explode-chunks",
      description =
          "Cut each text into chunks, as embed_chunks does with the same options, and write a row"
              + " per chunk: its vector, chunk_position, chunk_begin, chunk_end and chunk_text."
              + " Takes --option chunkTokens, chunkOverlap, chunkBoundary and chunkLocale instead"
              + " of --max-tokens and --long-text.")
  private boolean explodeChunks;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "Path or URI of a GGUF file or a model folder. Default: the built-in MiniLM; none for"
              + " --function generate.")
  private String model;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description =
          "Maximum number of tokens of a text, by default the model's context; with --function"
              + " generate, of an answer, by default 256.")
  private Integer maxTokens;

  @Option(
      names = "--long-text",
      paramLabel = "WAY",
      description =
          "How to treat longer texts: truncate, chunk or error. Default: truncate; error for"
              + " prompts, which cannot be chunked.")
  private String longText;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      description = "Prefix of each text, such as 'query: '.")
  private String prefix;

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description =
          "What the texts are in a search, query or document: the model's prompt for it is put"
              + " before each text, unless --prefix is given. Default: document, if prompts of the"
              + " model are known and the output was not begun without them.")
  private String role;

  @Option(
      names = "--dimensions",
      paramLabel = "N",
      description = "Keep the first N dimensions and normalise again. Default: all.")
  private Integer dimensions;

  @Option(
      names = "--normalize",
      paramLabel = "NORM",
      description = "Norm of the vectors: l2, none, l1, max or p:<n>. Default: l2.")
  private String normalize;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description =
          "What to do with a row that fails: PERMISSIVE writes NULL, FAILFAST ends the job.")
  private String mode;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description =
          "Any other option of embed() or generate(), such as batchTokens=4096 or"
              + " temperature=0.7; repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  /**
   * Validates the option keys and values.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  void check() {
    if (function != null && formerFunction != null) {
      throw new IllegalArgumentException(
          "--task is the former name of --function; give --function alone");
    }
    require(
        !explodeChunks || function() == JobFunction.EMBED,
        "--explode-chunks is for vectors; leave out --function " + function());
    for (String key : options.keySet()) {
      if (own().keySet().stream().anyMatch(key::equalsIgnoreCase)) {
        throw new IllegalArgumentException(
            "the option " + key + " is given twice: by --option and by its own name");
      }
    }
    try {
      if (explodeChunks) {
        ChunkOptions.of(toMap());
      } else {
        function().options(toMap());
      }
    } catch (EmbarkException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Returns the function applied to each text. */
  JobFunction function() {
    return Stream.of(function, formerFunction)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(JobFunction.EMBED);
  }

  /** Returns whether the output has a row for each chunk of a text. */
  boolean explodesChunks() {
    return explodeChunks;
  }

  /** Returns the options that were given, keyed by their SQL names. */
  Map<String, String> toMap() {
    Map<String, String> all = own();
    all.putAll(options);
    return all;
  }

  /** Returns command-line arguments equivalent to this spec. */
  List<String> toArguments() {
    List<String> arguments = new ArrayList<>(List.of("--function=" + function()));
    addIf(arguments, "--explode-chunks", explodeChunks);
    toMap().forEach((key, value) -> arguments.add("--option=" + key + "=" + value));
    return arguments;
  }

  private Map<String, String> own() {
    Map<String, String> own = new LinkedHashMap<>();
    putIfGiven(own, "model", model == null ? null : absoluteIfFile(model));
    putIfGiven(own, "maxTokens", maxTokens);
    putIfGiven(own, "longText", longText);
    putIfGiven(own, "prefix", prefix);
    putIfGiven(own, "role", role);
    putIfGiven(own, "dimensions", dimensions);
    putIfGiven(own, "normalize", normalize);
    putIfGiven(own, "mode", mode);
    return own;
  }

  /**
   * Returns an absolute path, because the working directory of an executor differs from the user's.
   */
  private static String absoluteIfFile(String model) {
    boolean relative = !model.startsWith("/") && !model.matches("[A-Za-z][A-Za-z0-9+.-]*:.*");
    return relative && Files.exists(Path.of(model))
        ? Path.of(model).toAbsolutePath().normalize().toString()
        : model;
  }

  private static void putIfGiven(Map<String, String> map, String key, Object value) {
    if (value != null) {
      map.put(key, value.toString());
    }
  }
}
