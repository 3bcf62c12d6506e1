package dev.embark.spark.conf;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.ClassifyOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.RerankOption;
import dev.embark.spark.schema.AnswerSchema;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A SQL function that runs a model on a text, a pair of texts or a prompt. */
public enum SqlFunction {
  /** The embedding. */
  EMBEDDING(
      "embed",
      "Returns the embedding of text; NULL for NULL and, unless mode is FAILFAST, for a text"
          + " that cannot be embedded.",
      "size(_FUNC_('Spark SQL', map('dimensions', 64)))",
      "64"),
  /** The embedding with its number of tokens, truncation and error. */
  DETAIL(
      "embed_detail",
      "Returns the embedding of text with its number of tokens, whether its tail was cut off,"
          + " and the reason if it has no embedding.",
      "_FUNC_('Spark SQL').tokens",
      "4"),
  /** The number of tokens. */
  TOKENS(
      "embed_tokens",
      "Returns the number of tokens that embed(text) would process, without computing the"
          + " embedding.",
      "_FUNC_('Spark SQL')",
      "4"),
  /** The embeddings of the chunks. */
  CHUNKS(
      "embed_chunks",
      "Returns the chunks of text with their embeddings, in order: position, begin and end in"
          + " characters, tokens, text and embedding; NULL for NULL and, unless mode is FAILFAST,"
          + " for a text that cannot be embedded.",
      "_FUNC_('One. Two.', map('chunkTokens', 5)).text",
      "[\"One.\",\"Two.\"]"),
  /** The embeddings of the chunks with their number of tokens and error. */
  CHUNKS_DETAIL(
      "embed_chunks_detail",
      "Returns the chunks of text with their embeddings, the number of tokens of all chunks, and"
          + " the reason if there are none.",
      "size(_FUNC_('One. Two.', map('chunkTokens', 5)).chunks)",
      "2"),
  /** The score of a pair. */
  SCORE(
      "rerank",
      "Returns the score that a reranker gives a document for a query, the higher the more"
          + " relevant; NULL if either is NULL and, unless mode is FAILFAST, for a pair that cannot"
          + " be scored.",
      "_FUNC_('What is Spark?', 'Spark is an engine.', map('model', '/models/reranker')) BETWEEN 0"
          + " AND 1",
      "true"),
  /** The score of a pair with its number of tokens, truncation and error. */
  SCORE_DETAIL(
      "rerank_detail",
      "Returns the score that a reranker gives a document for a query with the number of tokens of"
          + " the pair, whether a text was cut, and the reason if there is no score.",
      "_FUNC_('What is Spark?', 'Spark is an engine.', map('model', '/models/reranker')).tokens",
      "12"),
  /** The answer. */
  ANSWER(
      "generate",
      "Returns the answer of a model to prompt, as text or as a value of the type that schema"
          + " names; NULL for NULL and, unless mode is FAILFAST, for a prompt that has no answer.",
      "_FUNC_('Is Spark a bird?', map('model', '/models/chat.gguf', 'grammar', 'root ::= \"yes\" |"
          + " \"no\"')) IN ('yes', 'no')",
      "true"),
  /** The answer with its number of tokens, finish reason and error. */
  ANSWER_DETAIL(
      "generate_detail",
      "Returns the answer of a model to prompt, in the field text or with schema in the field"
          + " answer, its number of tokens, how it ended (stop, length, stop_word or error), and the"
          + " reason if there is no answer.",
      "_FUNC_('Is Spark a bird?', map('model', '/models/chat.gguf', 'grammar', 'root ::= \"yes\" |"
          + " \"no\"')).finish",
      "stop"),
  /** The label. */
  LABEL(
      "classify",
      "Returns the label that a model most likely answers with when it is asked to classify text;"
          + " NULL for NULL and, unless mode is FAILFAST, for a text that cannot be classified.",
      "_FUNC_('I like it.', array('good', 'bad'), map('model', '/models/chat.gguf')) IN ('good',"
          + " 'bad')",
      "true"),
  /** The label with the score of each label, number of tokens, truncation and error. */
  LABEL_DETAIL(
      "classify_detail",
      "Returns the label that a model most likely answers with when it is asked to classify text,"
          + " the probability of each label (together 1), the number of tokens of the prompt,"
          + " whether the text was cut, and the reason if there is no label.",
      "size(_FUNC_('I like it.', array('good', 'bad'), map('model', '/models/chat.gguf')).scores)",
      "2");

  private final String sqlName;
  private final String usage;
  private final String example;
  private final String exampleResult;

  SqlFunction(String sqlName, String usage, String example, String exampleResult) {
    this.sqlName = sqlName;
    this.usage = usage;
    this.example = example;
    this.exampleResult = exampleResult;
  }

  /** The function's name in SQL. */
  public String sqlName() {
    return sqlName;
  }

  /** The names of the function's parameters for texts. */
  public List<String> inputs() {
    if (isScore()) {
      return List.of("query", "document");
    }
    return List.of(isAnswer() ? "prompt" : "text");
  }

  /** Whether the function scores a pair of texts. */
  public boolean isScore() {
    return this == SCORE || this == SCORE_DETAIL;
  }

  /** Whether the function takes labels behind the text. */
  public boolean isLabel() {
    return this == LABEL || this == LABEL_DETAIL;
  }

  /** Whether the function generates text rather than a vector. */
  public boolean isAnswer() {
    return this == ANSWER || this == ANSWER_DETAIL;
  }

  /** Whether the function returns a vector for each chunk of a text. */
  public boolean isOfChunks() {
    return this == CHUNKS || this == CHUNKS_DETAIL;
  }

  /** Every option of the function. */
  public List<? extends FunctionOption> options() {
    if (isAnswer()) {
      return List.of(GenerateOption.values());
    }
    if (isLabel()) {
      return List.of(ClassifyOption.values());
    }
    if (isScore()) {
      return List.of(RerankOption.values());
    }
    return isOfChunks() ? ChunkOptions.every() : EmbedOptions.every();
  }

  /**
   * The result type, which for embeddings depends on the option {@code output}, and for answers on
   * {@code schema}.
   *
   * @throws dev.embark.engine.rows.EmbarkException of kind OPTION if the schema cannot be served
   */
  public DataType dataType(FunctionOptions options) {
    return switch (this) {
      case EMBEDDING -> vectorType(options);
      case DETAIL ->
          new StructType()
              .add("embedding", vectorType(options))
              .add("tokens", DataTypes.IntegerType)
              .add("truncated", DataTypes.BooleanType)
              .add("error", DataTypes.StringType);
      case TOKENS -> DataTypes.IntegerType;
      case CHUNKS -> DataTypes.createArrayType(chunkType(options), false);
      case CHUNKS_DETAIL ->
          new StructType()
              .add("chunks", CHUNKS.dataType(options))
              .add("tokens", DataTypes.IntegerType)
              .add("error", DataTypes.StringType);
      case SCORE -> DataTypes.FloatType;
      case SCORE_DETAIL ->
          new StructType()
              .add("score", DataTypes.FloatType)
              .add("tokens", DataTypes.IntegerType)
              .add("truncated", DataTypes.BooleanType)
              .add("error", DataTypes.StringType);
      case ANSWER -> answerType(options).orElse(DataTypes.StringType);
      case ANSWER_DETAIL ->
          new StructType()
              .add(answerField(options), ANSWER.dataType(options))
              .add("tokens", DataTypes.IntegerType)
              .add("finish", DataTypes.StringType)
              .add("error", DataTypes.StringType);
      case LABEL -> DataTypes.StringType;
      case LABEL_DETAIL ->
          new StructType()
              .add("label", DataTypes.StringType)
              .add(
                  "scores",
                  DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, false))
              .add("tokens", DataTypes.IntegerType)
              .add("truncated", DataTypes.BooleanType)
              .add("error", DataTypes.StringType);
    };
  }

  /** The field of {@code generate_detail} that has the answer. */
  private static String answerField(FunctionOptions options) {
    return answerType(options).isPresent() ? "answer" : "text";
  }

  private static Optional<DataType> answerType(FunctionOptions options) {
    return AnswerSchema.of((GenerateOptions) options).map(AnswerSchema::type);
  }

  private static StructType chunkType(FunctionOptions options) {
    return new StructType()
        .add("position", DataTypes.IntegerType, false)
        .add("begin", DataTypes.IntegerType, false)
        .add("end", DataTypes.IntegerType, false)
        .add("tokens", DataTypes.IntegerType, false)
        .add("text", DataTypes.StringType, false)
        .add("embedding", vectorType(options), false);
  }

  private static DataType vectorType(FunctionOptions options) {
    return switch (((EmbedOptions) options).output()) {
      case FLOAT -> DataTypes.createArrayType(DataTypes.FloatType, false);
      case INT8 -> DataTypes.createArrayType(DataTypes.ByteType, false);
      case BINARY -> DataTypes.BinaryType;
    };
  }

  public String usage() {
    return usage;
  }

  /**
   * An example expression with {@code _FUNC_} in place of the function's name, as in Spark's
   * documentation.
   */
  public String example() {
    return example;
  }

  /** The result of the example with the default model, as Spark prints it. */
  public String exampleResult() {
    return exampleResult;
  }
}
