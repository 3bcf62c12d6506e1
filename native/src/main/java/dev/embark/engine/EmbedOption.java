package dev.embark.engine;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Every option there is: its key, what it takes, its default and what it does. Documentation and
 * checks are both made from this list.
 */
public enum EmbedOption {
  MODEL(
      "model",
      "path, file:, Hadoop URI, hf:org/repo/file.gguf or classpath:",
      "classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf",
      "The GGUF model.",
      EmbedOption::notBlank),
  MODEL_SHA256(
      "modelSha256", "64 hex digits", "", "What the model file must hash to.", EmbedOption::sha256),
  PREFIX(
      "prefix",
      "text",
      "",
      "Text put before each input, such as 'query: '; the model's own if unset, none if empty.",
      value -> value),
  MAX_TOKENS(
      "maxTokens",
      "1 or more",
      "",
      "Tokens of a text that are looked at, special tokens included; the model's context if unset.",
      value -> integer(value, 1)),
  LONG_TEXT(
      "longText",
      values(LongText.values()),
      LongText.TRUNCATE.toString(),
      "What happens to a text of more than maxTokens.",
      value -> oneOf(value, LongText.values())),
  CHUNK_OVERLAP(
      "chunkOverlap",
      "0 or more",
      "0",
      "Tokens that neighbouring chunks share, with longText=chunk.",
      value -> integer(value, 0)),
  POOLING(
      "pooling",
      values(Pooling.values()),
      Pooling.MODEL.toString(),
      "How token vectors become one vector.",
      value -> oneOf(value, Pooling.values())),
  NORMALIZE(
      "normalize",
      "l2, none, l1, max or p:<n>",
      Normalization.L2.toString(),
      "How the vector is scaled.",
      value -> Normalization.parse(value).toString()),
  DIMENSIONS(
      "dimensions",
      "1 or more",
      "",
      "Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).",
      value -> integer(value, 1)),
  OUTPUT(
      "output",
      values(VectorType.values()),
      VectorType.FLOAT.toString(),
      "What the vector is stored as: ARRAY<FLOAT>, ARRAY<TINYINT> or the sign bits as BINARY.",
      value -> oneOf(value, VectorType.values())),
  MODE(
      "mode",
      values(ErrorMode.values()),
      ErrorMode.PERMISSIVE.toString(),
      "PERMISSIVE gives NULL for a text that cannot be embedded, FAILFAST ends the query.",
      value -> oneOf(value, ErrorMode.values())),
  DEVICE(
      "device",
      values(DeviceChoice.values()),
      DeviceChoice.AUTO.toString(),
      "Where vectors are computed; auto takes the GPU that Spark assigned to the task, if any.",
      value -> oneOf(value, DeviceChoice.values())),
  ACCELERATOR(
      "accelerator",
      values(AcceleratorChoice.values()),
      AcceleratorChoice.AUTO.toString(),
      "Whether a CPU computes BERT models by Embark's own kernels, where it can.",
      value -> oneOf(value, AcceleratorChoice.values())),
  PRECISION(
      "precision",
      values(Precision.values()),
      Precision.FAST.toString(),
      "What the accelerator computes in: 32-bit floats, or bfloat16 where the CPU multiplies it.",
      value -> oneOf(value, Precision.values())),
  BATCH_TOKENS(
      "batchTokens",
      "1 or more",
      "",
      "Tokens of a native batch; chosen by device if unset.",
      value -> integer(value, 1));

  private final String key;
  private final String takes;
  private final String defaultValue;
  private final String description;
  private final UnaryOperator<String> canonical;

  EmbedOption(
      String key,
      String takes,
      String defaultValue,
      String description,
      UnaryOperator<String> canonical) {
    this.key = key;
    this.takes = takes;
    this.defaultValue = defaultValue;
    this.description = description;
    this.canonical = canonical;
  }

  /** The key as users write it, in any case. */
  public String key() {
    return key;
  }

  /** The allowed values, for people. */
  public String takes() {
    return takes;
  }

  /** The default value; empty for unset. */
  public String defaultValue() {
    return defaultValue;
  }

  /** One sentence on what it does. */
  public String description() {
    return description;
  }

  /**
   * The value in its one canonical form.
   *
   * @throws EmbeddingException of kind OPTION when it is not allowed
   */
  String canonical(String value) {
    try {
      return canonical.apply(value);
    } catch (IllegalArgumentException e) {
      throw new EmbeddingException(
          EmbeddingException.Kind.OPTION,
          "The embed option " + key + " cannot be '" + value + "'; it takes " + takes + ".",
          e);
    }
  }

  /**
   * The option of a key, upper and lower case alike.
   *
   * @throws EmbeddingException of kind OPTION that names the nearest key
   */
  public static EmbedOption of(String key) {
    return Arrays.stream(values())
        .filter(option -> option.key.equalsIgnoreCase(key))
        .findFirst()
        .orElseThrow(
            () ->
                new EmbeddingException(
                    EmbeddingException.Kind.OPTION,
                    "There is no embed option '"
                        + key
                        + "'"
                        + Nearest.to(key, Arrays.stream(values()).map(EmbedOption::key).toList())
                            .map(near -> "; did you mean '" + near + "'?")
                            .orElse(".")
                        + " The options are "
                        + Arrays.stream(values())
                            .map(EmbedOption::key)
                            .collect(Collectors.joining(", "))
                        + "."));
  }

  private static String notBlank(String value) {
    if (value.isBlank()) {
      throw new IllegalArgumentException("blank");
    }
    return value.strip();
  }

  private static String sha256(String value) {
    if (!value.matches("[0-9a-fA-F]{64}")) {
      throw new IllegalArgumentException("not a SHA-256");
    }
    return value.toLowerCase(Locale.ROOT);
  }

  private static String integer(String value, int min) {
    int number = Integer.parseInt(value.strip());
    if (number < min) {
      throw new IllegalArgumentException("less than " + min);
    }
    return Integer.toString(number);
  }

  private static String oneOf(String value, Enum<?>[] allowed) {
    Optional<Enum<?>> found =
        Arrays.stream(allowed).filter(e -> e.name().equalsIgnoreCase(value.strip())).findFirst();
    return found.orElseThrow(IllegalArgumentException::new).toString();
  }

  private static String values(Enum<?>[] allowed) {
    return Arrays.stream(allowed).map(Enum::toString).collect(Collectors.joining(", "));
  }
}
