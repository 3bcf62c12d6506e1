package dev.embark.job.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Command-line options for converting a model folder: the mixin of {@code embark model import} and
 * {@code ModelImporter}. Uses no Spark class.
 */
public final class ImportSpec {
  /** Types of the weights. */
  enum Weights {
    F16,
    F32,
    BF16,
    Q8_0
  }

  @Parameters(
      index = "0",
      paramLabel = "FOLDER",
      description =
          "Folder of sentence-transformers or transformers, with config.json, tokenizer.json and"
              + " model.safetensors: a path, a URI of a Hadoop file system, or hf:org/repo.")
  private String folder;

  @Parameters(index = "1", paramLabel = "FILE", description = "GGUF file to write.")
  private Path file;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "F16",
      description =
          "Type of the weights: ${COMPLETION-CANDIDATES}. With F16, a matrix with a value beyond"
              + " its range becomes BF16. Default: ${DEFAULT-VALUE}.")
  private Weights type;

  @Option(
      names = "--reranker",
      description =
          "Import a Qwen3ForCausalLM as a reranker with the prompt and the answers, yes and no, of"
              + " Qwen3-Reranker; for copies whose files do not say that they are one.")
  private boolean reranker;

  @Option(names = "--force", description = "Replace the file if it exists.")
  private boolean force;

  @Option(names = "--verbose", description = "Show a stack trace if the command fails.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  /** Returns command-line arguments equivalent to this spec. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>(List.of("--type", type.name()));
    if (reranker) {
      arguments.add("--reranker");
    }
    if (force) {
      arguments.add("--force");
    }
    if (verbose) {
      arguments.add("--verbose");
    }
    // A path may begin with a dash.
    arguments.addAll(List.of("--", folder, file.toString()));
    return arguments;
  }

  /** Returns the URI or path of the folder. */
  public String folder() {
    return folder;
  }

  /** Returns the file to write. */
  public Path file() {
    return file;
  }

  /** Returns the name of the type of the weights, in upper case. */
  public String type() {
    return type.name();
  }

  /** Returns whether the folder is imported as a reranker, whatever its files say. */
  public boolean reranker() {
    return reranker;
  }

  /** Returns whether an existing file is replaced. */
  public boolean force() {
    return force;
  }
}
