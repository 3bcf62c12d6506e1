package dev.embark.spark.rows;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.Finish;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.spark.schema.AnswerParser;
import dev.embark.spark.schema.AnswerSchema;

/** Values of the answers of a window. Not thread-safe. */
final class TypedAnswers {
  private final AnswerParser parser;
  private final int maxTokens;
  private Object[] values = {}; // per row; null without an answer

  TypedAnswers(AnswerSchema schema, int maxTokens) {
    this.parser = new AnswerParser(schema.type());
    this.maxTokens = maxTokens;
  }

  /** Parses the answers of a window; an answer that was cut off becomes the error of its row. */
  void parse(GeneratedRows rows) {
    values = new Object[rows.size()];
    for (int row = 0; row < rows.size(); row++) {
      if (!rows.isDone(row)) {
        continue;
      }
      try {
        if (rows.finish(row) != Finish.STOP) {
          throw cutOff(rows.generatedTokens(row));
        }
        values[row] = parser.parse(rows.text(row));
      } catch (EmbarkException e) {
        rows.reject(row, e);
      }
    }
  }

  private EmbarkException cutOff(int tokens) {
    return new EmbarkException(
        Kind.TOO_LONG,
        tokens < maxTokens
            ? "The answer was cut off after "
                + tokens
                + " tokens, where the context ended; make contextTokens larger, if the model's"
                + " context is, or the prompt shorter."
            : "The answer was cut off at maxTokens="
                + maxTokens
                + "; make maxTokens larger, or make the schema smaller: bound its strings and arrays.");
  }

  /** The value of a row, as Spark's rows have it. */
  Object value(int row) {
    return values[row];
  }
}
