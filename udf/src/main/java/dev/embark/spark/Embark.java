package dev.embark.spark;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.catalyst.AnalysisErrors;
import dev.embark.spark.catalyst.ExtractModelCalls;
import dev.embark.spark.catalyst.ModelFunction;
import dev.embark.spark.catalyst.NearestFunction;
import dev.embark.spark.compat.EmbarkBuild;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.exec.DatasetRows;
import dev.embark.spark.exec.ModelCallStrategy;
import dev.embark.spark.vectors.NearestDocuments;
import dev.embark.spark.vectors.VectorFunction;
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
 * Column functions of Embark for Java and Scala.
 *
 * <pre>{@code
 * Dataset<Row> vectors = docs.withColumn("embedding", Embark.embed(docs.col("body")));
 * Dataset<Row> chunked = docs.withColumn("embedding", Embark.embed(docs.col("body"), Map.of("longText", "chunk")));
 * }</pre>
 *
 * <p>These methods only build a column. Session options are read, and a wrong option or type raises
 * an {@code AnalysisException}, when a dataset first uses the column. Safe for any thread.
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

  /**
   * The number of tokens of a text that {@link #embed(Column)} would process, {@code INT}; NULL for
   * NULL.
   */
  public static Column embedTokens(Column text) {
    return embedTokens(text, Map.of());
  }

  /**
   * The number of tokens of a text that {@link #embed(Column, Map)} would process, {@code INT};
   * NULL for NULL.
   */
  public static Column embedTokens(Column text, Map<String, String> options) {
    return call(SqlFunction.TOKENS, text, options);
  }

  /**
   * The chunks of a text with their embeddings, {@code ARRAY<STRUCT<position INT, begin INT, end
   * INT, tokens INT, text STRING, embedding>>}; NULL for NULL. {@code substring(text, begin + 1,
   * end - begin)} is the text of a chunk.
   */
  public static Column embedChunks(Column text) {
    return embedChunks(text, Map.of());
  }

  /** {@link #embedChunks(Column)} with the options of {@code embed_chunks(text, map(…))}. */
  public static Column embedChunks(Column text, Map<String, String> options) {
    return call(SqlFunction.CHUNKS, text, options);
  }

  /**
   * {@code STRUCT<chunks, tokens INT, error STRING>} of a text column, with the options of {@code
   * embed_chunks_detail(text, map(…))}.
   */
  public static Column embedChunksDetail(Column text, Map<String, String> options) {
    return call(SqlFunction.CHUNKS_DETAIL, text, options);
  }

  /**
   * The cosine of the angle between two vectors of equal length, given as arrays of any numeric
   * type, or both as BINARY of one bit per dimension: {@code FLOAT} in [−1, 1]; NULL if a vector is
   * NULL, empty or zero, or contains NULL, NaN or an infinity. Vectors of different lengths fail
   * the query.
   */
  public static Column cosineSimilarity(Column a, Column b) {
    return functions.call_function(
        VectorFunction.COSINE_SIMILARITY.sqlName(), Scala.<Column>seq(List.of(a, b)));
  }

  /**
   * Finds the k documents nearest to each query, exactly: {@code query STRUCT, document STRUCT,
   * rank INT, score FLOAT}, up to k rows for each query, with ranks from 1. The structs have all
   * columns but the vectors. Rows whose vector is NULL or contains NULL do not take part, nor do
   * vectors without a direction (empty, zero or not finite) if the metric is {@code cosine}.
   * Documents of equal scores are ranked in any order.
   *
   * <p>The table function {@code nearest} does the same in SQL. Scores are computed for blocks of
   * documents and queries, not by a join of rows; the queries are broadcast to the executors.
   * Vectors of different lengths fail the query.
   *
   * <p>Raises an {@code AnalysisException} if there is no such column of vectors, {@code k} is less
   * than 1, or the metric is unknown.
   *
   * @param queryVector name of a column of {@code queries}, an array of numbers
   * @param documentVector name of a column of {@code documents}, an array of numbers
   * @param metric {@code cosine} or {@code inner_product}, of which the largest are nearest, or
   *     {@code l2}, the Euclidean distance; this is the score
   */
  public static Dataset<Row> nearest(
      Dataset<Row> queries,
      String queryVector,
      Dataset<Row> documents,
      String documentVector,
      int k,
      String metric) {
    install(documents.sparkSession());
    try {
      return NearestDocuments.of(queries, queryVector, documents, documentVector, k, metric);
    } catch (EmbarkException e) {
      throw AnalysisErrors.of(e);
    }
  }

  /**
   * {@link #nearest(Dataset, String, Dataset, String, int, String)} of columns {@code embedding}.
   */
  public static Dataset<Row> nearest(
      Dataset<Row> queries, Dataset<Row> documents, int k, String metric) {
    return nearest(queries, "embedding", documents, "embedding", k, metric);
  }

  /**
   * The score that a reranker gives a document for a query, {@code FLOAT}, the higher the more
   * relevant; NULL if either is NULL. The option {@code model}, or {@code
   * spark.embark.rerank.model} for the session, names the model.
   */
  public static Column rerank(Column query, Column document) {
    return rerank(query, document, Map.of());
  }

  /**
   * {@link #rerank(Column, Column)} with the options of {@code rerank(query, document, map(…))}.
   */
  public static Column rerank(Column query, Column document, Map<String, String> options) {
    return call(SqlFunction.SCORE, List.of(query, document), options);
  }

  /**
   * {@code STRUCT<score FLOAT, tokens INT, truncated BOOLEAN, error STRING>} of a query and a
   * document.
   */
  public static Column rerankDetail(Column query, Column document) {
    return rerankDetail(query, document, Map.of());
  }

  /**
   * {@link #rerankDetail(Column, Column)} with the options of {@code rerank_detail(query, document,
   * map(…))}.
   */
  public static Column rerankDetail(Column query, Column document, Map<String, String> options) {
    return call(SqlFunction.SCORE_DETAIL, List.of(query, document), options);
  }

  /**
   * The answer of a model to a prompt, {@code STRING}; NULL for NULL. The option {@code model}, or
   * {@code spark.embark.generate.model} for the session, names the model.
   */
  public static Column generate(Column prompt) {
    return generate(prompt, Map.of());
  }

  /**
   * {@link #generate(Column)} with the options of {@code generate(prompt, map(…))}; with {@code
   * schema} the column has the type that the schema names.
   */
  public static Column generate(Column prompt, Map<String, String> options) {
    return call(SqlFunction.ANSWER, prompt, options);
  }

  /**
   * {@code STRUCT<text, tokens INT, finish STRING, error STRING>} of a prompt; with the option
   * {@code schema}, {@code answer} of that type takes the place of {@code text}.
   */
  public static Column generateDetail(Column prompt, Map<String, String> options) {
    return call(SqlFunction.ANSWER_DETAIL, prompt, options);
  }

  /**
   * The label that a model most likely answers with when it is asked to classify a text, {@code
   * STRING}; NULL for NULL.
   *
   * @param labels two or more different texts
   * @param options as of {@code classify(text, labels, map(…))}; {@code model}, or {@code
   *     spark.embark.classify.model} for the session, names the model
   */
  public static Column classify(Column text, List<String> labels, Map<String, String> options) {
    return call(SqlFunction.LABEL, List.of(text, array(labels)), options);
  }

  /**
   * {@code STRUCT<label STRING, scores MAP<STRING, DOUBLE>, tokens INT, truncated BOOLEAN, error
   * STRING>} of a text, with the arguments of {@link #classify}. The scores are the probabilities
   * of the labels, together 1.
   */
  public static Column classifyDetail(
      Column text, List<String> labels, Map<String, String> options) {
    return call(SqlFunction.LABEL_DETAIL, List.of(text, array(labels)), options);
  }

  private static Column array(List<String> labels) {
    return functions.array(labels.stream().map(functions::lit).toArray(Column[]::new));
  }

  /**
   * Adds a column with the embeddings of a text column by {@code mapPartitions}, for platforms that
   * do not allow session extensions. The vectors equal those of {@link #embed(Column, Map)}, but
   * Spark's planner cannot optimise the call: apply it after filters and limits, and cache its
   * result before a sort.
   *
   * <p>Raises an {@code AnalysisException} if an option is not allowed, {@code textColumn} is not a
   * string column, or {@code outputColumn} already exists.
   *
   * @param textColumn name of a string column
   * @param outputColumn name of the new column
   * @param options as for {@link #embed(Column, Map)}
   */
  public static Dataset<Row> embedColumn(
      Dataset<Row> docs, String textColumn, String outputColumn, Map<String, String> options) {
    try {
      EmbedOptions sessionOptions = EmbarkConf.options(docs.sparkSession().conf().getAll());
      return DatasetRows.embed(docs, textColumn, outputColumn, sessionOptions.with(options));
    } catch (EmbarkException e) {
      throw AnalysisErrors.of(e);
    }
  }

  /**
   * Installs Embark in a running session, for example in a notebook whose cluster received the jar
   * after the session started. Sessions created by {@code newSession()} need their own call.
   * Idempotent, and a no-op if Spark loaded the extension at startup. Raises an {@code
   * AnalysisException} if the jar is built for another Scala than Spark.
   */
  public static void install(SparkSession session) {
    EmbarkBuild.wrongScala()
        .ifPresent(
            reason -> {
              throw AnalysisErrors.of(reason);
            });
    if (session.catalog().functionExists(SqlFunction.EMBEDDING.sqlName())) {
      return;
    }
    EmbarkConf.register();
    FunctionRegistry registry = session.sessionState().functionRegistry();
    for (ModelFunction function : ModelFunction.all()) {
      registry.createOrReplaceTempFunction(function.name(), function.builder(), "scala_udf");
    }
    session
        .sessionState()
        .tableFunctionRegistry()
        .createOrReplaceTempFunction(NearestFunction.NAME, NearestFunction.builder(), "scala_udf");
    ExperimentalMethods methods = session.experimental();
    methods.extraOptimizations_$eq(append(methods.extraOptimizations(), new ExtractModelCalls()));
    methods.extraStrategies_$eq(append(methods.extraStrategies(), new ModelCallStrategy()));
  }

  private static <T> Seq<T> append(scala.collection.Seq<T> existing, T added) {
    List<T> all = Scala.list(existing);
    all.add(added);
    return Scala.seq(all);
  }

  private static Column call(SqlFunction function, Column text, Map<String, String> options) {
    return call(function, List.of(text), options);
  }

  private static Column call(
      SqlFunction function, List<Column> texts, Map<String, String> options) {
    List<Column> arguments = new ArrayList<>(texts);
    if (!options.isEmpty()) {
      List<Column> entries = new ArrayList<>();
      options.forEach(
          (key, value) -> {
            entries.add(functions.lit(key));
            entries.add(functions.lit(value));
          });
      arguments.add(functions.map(entries.toArray(new Column[0])));
    }
    return functions.call_function(function.sqlName(), Scala.<Column>seq(arguments));
  }
}
