package dev.embark.store;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.imports.ImportException;
import java.io.FileNotFoundException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns failures to fetch a model into errors for the user. A path that does not exist but looks
 * like a name on the Hub is answered with what to write instead. Stateless.
 */
final class FetchErrors {
  // org/repo, org/repo:Q4_K_M and org/repo/file.gguf, with or without the Hub's address.
  private static final Pattern NAME =
      Pattern.compile(
          "(?:(?:www\\.)?(?:huggingface\\.co|hf\\.co)/)?"
              + "(?<repository>\\w[\\w.-]*/\\w[\\w.-]*?)"
              + "(?<file>(?:/[\\w.-]+)*/[\\w.-]+\\.gguf)?(?::[\\w-]+)?(?<revision>@[^@\\s]+)?");
  private static final Pattern BARE = Pattern.compile("\\w[\\w.-]*");
  private static final Pattern FILE =
      Pattern.compile("(?i).*\\.(gguf|bin|safetensors|onnx|json|txt|zip|tar|gz)");

  // Authors of models that users name without them, by the start of the name.
  private static final Map<String, String> AUTHORS =
      Map.ofEntries(
          Map.entry("all-", "sentence-transformers"),
          Map.entry("paraphrase-", "sentence-transformers"),
          Map.entry("multi-qa-", "sentence-transformers"),
          Map.entry("msmarco-", "sentence-transformers"),
          Map.entry("bge-", "BAAI"),
          Map.entry("e5-", "intfloat"),
          Map.entry("multilingual-e5-", "intfloat"),
          Map.entry("nomic-embed-", "nomic-ai"),
          Map.entry("modernbert-embed-", "nomic-ai"),
          Map.entry("mxbai-embed-", "mixedbread-ai"),
          Map.entry("snowflake-arctic-embed-", "Snowflake"),
          Map.entry("granite-embedding-", "ibm-granite"),
          Map.entry("Qwen3-Embedding-", "Qwen"),
          Map.entry("embeddinggemma-", "google"));

  private FetchErrors() {}

  /** The error of kind MODEL that names the model and the reason. */
  static EmbarkException of(String uri, Exception e) {
    String hint = e instanceof FileNotFoundException ? hint(uri).orElse("") : "";
    return new EmbarkException(
        e instanceof ImportException ? Condition.MODEL_NOT_IMPORTED : Condition.MODEL_NOT_FETCHED,
        Map.of("model", uri, "reason", reason(e) + hint),
        e);
  }

  /** The message of an exception, or its name if it has none. */
  static String reason(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** A clause for the end of a message; empty if the path does not look like a name on the Hub. */
  private static Optional<String> hint(String path) {
    Matcher name = NAME.matcher(path);
    if (name.matches() && !FILE.matcher(name.group("repository")).matches()) {
      String revision = name.group("revision") == null ? "" : name.group("revision");
      String file = name.group("file") == null ? "" : name.group("file");
      return Optional.of(
          "; for the model of that name on the Hugging Face Hub write hf:"
              + name.group("repository")
              + file
              + revision);
    }
    if (!BARE.matcher(path).matches() || FILE.matcher(path).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        AUTHORS.entrySet().stream()
            .filter(author -> path.startsWith(author.getKey()))
            .findFirst()
            .map(
                author ->
                    "; for the model of that name on the Hugging Face Hub write hf:"
                        + author.getValue()
                        + "/"
                        + path)
            .orElse("; a model on the Hugging Face Hub is written hf:org/repo"));
  }
}
