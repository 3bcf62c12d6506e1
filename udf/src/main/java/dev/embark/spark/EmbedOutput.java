package dev.embark.spark;

import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What a call asks of the operator; one function in SQL each. */
public enum EmbedOutput {
  /** The vector. */
  EMBEDDING(
      "embed",
      DataTypes.createArrayType(DataTypes.FloatType, false),
      "The embedding of text; NULL for NULL, and for a text that cannot be embedded unless"
          + " mode is FAILFAST.",
      "[0.1, ...]"),
  /** The vector, and what became of the text. */
  DETAIL(
      "embed_detail",
      new StructType()
          .add("embedding", DataTypes.createArrayType(DataTypes.FloatType, false))
          .add("tokens", DataTypes.IntegerType)
          .add("truncated", DataTypes.BooleanType)
          .add("error", DataTypes.StringType),
      "The embedding of text with the tokens that were looked at, whether its tail was cut off,"
          + " and why it has no embedding.",
      "{[0.1, ...], 4, false, NULL}"),
  /** The number of tokens. */
  TOKENS(
      "embed_tokens",
      DataTypes.IntegerType,
      "The number of tokens that embed(text) would look at, without computing the embedding.",
      "4");

  private final String function;
  private final DataType dataType;
  private final String usage;
  private final String exampleResult;

  EmbedOutput(String function, DataType dataType, String usage, String exampleResult) {
    this.function = function;
    this.dataType = dataType;
    this.usage = usage;
    this.exampleResult = exampleResult;
  }

  /** The function's name in SQL. */
  public String function() {
    return function;
  }

  /** The function's result. */
  public DataType dataType() {
    return dataType;
  }

  String usage() {
    return usage;
  }

  String exampleResult() {
    return exampleResult;
  }
}
