package dev.embark.spark;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.catalyst.AnalysisErrors;
import dev.embark.spark.catalyst.CosineSimilarity;
import dev.embark.spark.catalyst.ExtractModelCalls;
import dev.embark.spark.catalyst.ModelFunction;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.exec.DatasetRows;
import dev.embark.spark.exec.ModelCallStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.ExperimentalMethods;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry;
import org.apache.spark.sql.functions;
import scala.collection.immutable.Seq;

/**
 * Embark for Java and Scala.
 *
 * <pre>{@code
 * Dataset<Row> vectors = docs.withColumn("embedding", Embark.embed(docs.col("body")));
 * Dataset<Row> chunked = docs.withColumn("embedding", Embark.embed(docs.col("body"), Map.of("longText", "chunk")));
 * }</pre>
 *
 * <p>A column is only made here: the session's options hold, and a wrong option or type is an
 * {@code AnalysisException}, where a dataset first uses it. Any thread may call.
 */
public final class Embark {
  private Embark() {}

  /** The embedding of a text column, {@code ARRAY<FLOAT>}; NULL for NULL. */
  public static Column embed(Column text) {
    return embed(text, Map.of());
  }

  /** The embedding of a text column, with the options of {@code embed(text, map(…))}. */
  public static Column embed(Column text, Map<String, String> options) {
    return call(SqlFunction.EMBEDDING, text, options);
  }

  /** {@code STRUCT<embedding, tokens INT, truncated BOOLEAN, error STRING>} of a text column. */
  public static Column embedDetail(Column text) {
    return embedDetail(text, Map.of());
  }

  /** {@link #embedDetail(Column)} with the options of {@code embed_detail(text, map(…))}. */
  public static Column embedDetail(Column text, Map<String, String> options) {
    return call(SqlFunction.DETAIL, text, options);
  }

  /** The tokens that {@link #embed(Column)} would look at, {@code INT}; NULL for NULL. */
  public static Column embedTokens(Column text) {
    return embedTokens(text, Map.of());
  }

  /** The tokens that {@link #embed(Column, Map)} would look at, {@code INT}; NULL for NULL. */
  public static Column embedTokens(Column text, Map<String, String> options) {
    return call(SqlFunction.TOKENS, text, options);
  }

  /**
   * The cosine of the angle between two vectors of the same length, arrays of any numbers: {@code
   * FLOAT} in [−1, 1]; NULL where one is NULL, empty or zero, or has a NULL, a NaN or an infinity
   * in it. Vectors of different lengths end the query.
   */
  public static Column cosineSimilarity(Column a, Column b) {
    return functions.call_function(CosineSimilarity.NAME, Scala.<Column>seq(List.of(a, b)));
  }

  /**
   * The answer of a model to a prompt, {@code STRING}; NULL for NULL. The model is the option
   * {@code model} or the session's {@code spark.embark.generate.model}.
   */
  public static Column generate(Column prompt) {
    return generate(prompt, Map.of());
  }

  /** The same with the options of {@code generate(prompt, map(…))}. */
  public static Column generate(Column prompt, Map<String, String> options) {
    return call(SqlFunction.ANSWER, prompt, options);
  }

  /** {@code STRUCT<text, tokens INT, finish STRING, error STRING>} of a prompt. */
  public static Column generateDetail(Column prompt, Map<String, String> options) {
    return call(SqlFunction.ANSWER_DETAIL, prompt, options);
  }

  /**
   * The dataset with the embeddings of a text column as one column more, by {@code mapPartitions}:
   * for platforms that let nobody extend a session. The same engine computes the same vectors, but
   * Spark's planner sees nothing of it, so put it where it embeds as few rows as have to be, and
   * once: behind filters and limits, before a sort only with a cache between.
   *
   * <p>An {@code AnalysisException} says that an option is not allowed, that there is no such
   * column of strings, or that the output's name is taken.
   *
   * @param textColumn of strings
   * @param outputColumn its new name
   * @param options as of {@link #embed(Column, Map)}
   */
  public static Dataset<Row> embedColumn(
      Dataset<Row> docs, String textColumn, String outputColumn, Map<String, String> options) {
    try {
      EmbedOptions ofSession = EmbarkConf.options(docs.sparkSession().conf().getAll());
      return DatasetRows.embed(docs, textColumn, outputColumn, ofSession.with(options));
    } catch (EmbarkException e) {
      throw AnalysisErrors.of(e.getMessage());
    }
  }

  /**
   * Adds Embark to a session that was started without it, as in a notebook whose cluster got the
   * jar later. Sessions made of it by {@code newSession()} need their own call. Doing it twice, or
   * where the jar was found at start, changes nothing.
   */
  public static void install(SparkSession session) {
    if (session.catalog().functionExists(SqlFunction.EMBEDDING.function())) {
      return;
    }
    EmbarkConf.register();
    FunctionRegistry registry = session.sessionState().functionRegistry();
    for (ModelFunction function : ModelFunction.all()) {
      registry.createOrReplaceTempFunction(function.name(), function.builder(), "scala_udf");
    }
    ExperimentalMethods methods = session.experimental();
    methods.extraOptimizations_$eq(append(methods.extraOptimizations(), new ExtractModelCalls()));
    methods.extraStrategies_$eq(append(methods.extraStrategies(), new ModelCallStrategy()));
  }

  private static <T> Seq<T> append(scala.collection.Seq<T> present, T added) {
    List<T> all = Scala.list(present);
    all.add(added);
    return Scala.seq(all);
  }

  private static Column call(SqlFunction output, Column text, Map<String, String> options) {
    List<Column> arguments = new ArrayList<>(List.of(text));
    if (!options.isEmpty()) {
      List<Column> entries = new ArrayList<>();
      options.forEach(
          (key, value) -> {
            entries.add(functions.lit(key));
            entries.add(functions.lit(value));
          });
      arguments.add(functions.map(entries.toArray(new Column[0])));
    }
    return functions.call_function(output.function(), Scala.<Column>seq(arguments));
  }
}
