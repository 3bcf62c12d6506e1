package dev.embark.engine.options;

import static dev.embark.engine.options.OptionSpec.integer;
import static dev.embark.engine.options.OptionSpec.names;
import static dev.embark.engine.options.OptionSpec.oneOf;

import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Every option of an embedding, of a whole text or of its chunks, with its key, allowed values,
 * default and description.
 */
public enum EmbedOption implements FunctionOption {
  MODEL(
      OptionSpec.model(
          "classpath:dev/embark/model/all-MiniLM-L6-v2-f16.gguf",
          "The model: a GGUF file or a model folder.")),
  MODEL_SHA256(OptionSpec.modelSha256()),
  PREFIX(
      "prefix",
      "text",
      "",
      "Prefix of each text, such as 'query: '; the model's own if unset, none if empty.",
      value -> value),
  ROLE(
      "role",
      names(Role.values()),
      "",
      "What the texts are in a search: the model's prompt for it precedes each text, unless prefix"
          + " is set.",
      value -> oneOf(value, Role.values())),
  MAX_TOKENS(
      "maxTokens",
      "1 or more",
      "",
      "Maximum number of tokens of a text, special tokens included; the model's context if"
          + " unset.",
      value -> integer(value, 1)),
  LONG_TEXT(
      "longText",
      names(LongText.values()),
      LongText.TRUNCATE.toString(),
      "How to treat a text of more than maxTokens tokens.",
      value -> oneOf(value, LongText.values())),
  CHUNK_OVERLAP(
      "chunkOverlap",
      "0 or more",
      "0",
      "Number of tokens that neighbouring chunks share, with longText=chunk; in embed_chunks, the"
          + " largest number, since whole words are shared.",
      value -> integer(value, 0)),
  CHUNK_TOKENS(
      "chunkTokens",
      "1 or more",
      "",
      "Maximum number of tokens of a chunk, prompt and special tokens included; the model's context"
          + " if unset.",
      value -> integer(value, 1)),
  CHUNK_BOUNDARY(
      "chunkBoundary",
      names(ChunkOptions.Boundary.values()),
      ChunkOptions.Boundary.SENTENCE.toString(),
      "Where chunks end: at the last boundary of this kind that fits, or else at the next smaller"
          + " kind, down to words.",
      value -> oneOf(value, ChunkOptions.Boundary.values())),
  CHUNK_LOCALE(
      "chunkLocale",
      "language tag, such as en or th",
      "",
      "Language by whose rules sentences and words end; no particular one if unset.",
      OptionSpec::languageTag),
  LATE_CHUNKING(
      "lateChunking",
      "true, false",
      "false",
      "Whether the model reads the chunks of a text together, so that the vector of a chunk depends"
          + " on the text around it; for models with mean pooling.",
      OptionSpec::bool),
  POOLING(
      "pooling",
      names(Pooling.ofVectors()),
      Pooling.MODEL.toString(),
      "How the vectors of the tokens are combined into one.",
      value -> oneOf(value, Pooling.ofVectors())),
  NORMALIZE(
      "normalize",
      "l2, none, l1, max or p:<n>",
      Normalization.L2.toString(),
      "Norm to which the vector is scaled.",
      value -> Normalization.parse(value).toString()),
  DIMENSIONS(
      "dimensions",
      "1 or more",
      "",
      "Keeps only the first dimensions, before scaling; for models trained for it (matryoshka).",
      value -> integer(value, 1)),
  OUTPUT(
      "output",
      names(VectorType.values()),
      VectorType.FLOAT.toString(),
      "Type of the vector: ARRAY<FLOAT>, ARRAY<TINYINT>, or the sign bits as BINARY.",
      value -> oneOf(value, VectorType.values())),
  MODE(OptionSpec.mode("a text that cannot be embedded")),
  DEVICE(OptionSpec.device("vectors")),
  ACCELERATOR(OptionSpec.accelerator()),
  PRECISION(OptionSpec.precision()),
  BATCH_TOKENS(OptionSpec.batchTokens());

  /** The options of chunks, which {@code embed} does not have. */
  static final Set<EmbedOption> OF_CHUNKS =
      Set.of(CHUNK_TOKENS, CHUNK_BOUNDARY, CHUNK_LOCALE, LATE_CHUNKING);

  private final OptionSpec spec;

  EmbedOption(
      String key,
      String takes,
      String defaultValue,
      String description,
      UnaryOperator<String> canonical) {
    this(new OptionSpec(key, takes, defaultValue, description, canonical));
  }

  EmbedOption(OptionSpec spec) {
    this.spec = spec;
  }

  @Override
  public OptionSpec spec() {
    return spec;
  }
}
