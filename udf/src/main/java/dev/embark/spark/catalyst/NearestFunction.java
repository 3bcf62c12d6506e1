package dev.embark.spark.catalyst;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.vectors.NearestDocuments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.FunctionTableSubqueryArgumentExpression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import scala.Function1;
import scala.Tuple3;
import scala.collection.Seq;

/**
 * The table function {@code nearest}, by which SQL, PySpark and Spark Connect clients call {@link
 * NearestDocuments}.
 *
 * <pre>
 *  FROM nearest(TABLE(questions), TABLE(docs), 10)
 *
 *  search over empty relations   ──►   search over the plans of the tables
 *  with the tables' columns
 * </pre>
 *
 * <p>Spark calls the builder during analysis, when the plan of a table can refer to a common table
 * expression of the statement. An analysis of that plan alone would not find the expression, so the
 * search is analysed without it.
 */
public final class NearestFunction {
  /** The name in SQL. */
  public static final String NAME = "nearest";

  private static final Parameters PARAMETERS =
      new Parameters(
          NAME,
          List.of("queries", "documents", "k", "metric", "queryVector", "documentVector"),
          3,
          List.of());
  private static final String VECTOR = "embedding";

  private NearestFunction() {}

  /**
   * The description for Spark's session extensions.
   *
   * @param <S> the {@code Seq} of Spark's Scala version
   */
  public static <S>
      Tuple3<FunctionIdentifier, ExpressionInfo, Function1<S, LogicalPlan>> description() {
    return new Tuple3<>(new FunctionIdentifier(NAME), info(), builder());
  }

  /**
   * The builder for Spark's registry of table functions.
   *
   * @param <S> the {@code Seq} of Spark's Scala version
   */
  @SuppressWarnings("unchecked")
  public static <S> Function1<S, LogicalPlan> builder() {
    return arguments -> plan(PARAMETERS.arrange(Scala.list((Seq<Expression>) arguments)));
  }

  private static LogicalPlan plan(List<Expression> arguments) {
    try {
      Table queries = Table.of(arguments.get(0));
      Table documents = Table.of(arguments.get(1));
      Dataset<Row> search =
          NearestDocuments.of(
              queries.empty,
              name(arguments.get(4), "queryVector", VECTOR),
              documents.empty,
              name(arguments.get(5), "documentVector", VECTOR),
              count(arguments.get(2)),
              name(arguments.get(3), "metric", "cosine"));
      return queries.fill(documents.fill(search.queryExecution().analyzed()));
    } catch (EmbarkException e) {
      throw AnalysisErrors.of(e);
    }
  }

  /**
   * A table that a call names.
   *
   * @param plan its rows
   * @param empty a dataset with its columns, the plan of which is one leaf
   */
  private record Table(LogicalPlan plan, Dataset<Row> empty) {

    static Table of(Expression argument) {
      if (argument instanceof FunctionTableSubqueryArgumentExpression table) {
        return new Table(
            table.plan(),
            SparkSession.active().createDataFrame(List.<Row>of(), table.plan().schema()));
      }
      throw new EmbarkException(
          Condition.NOT_A_TABLE, Map.of("function", NAME, "argument", argument.sql()));
    }

    /** Puts the rows into a plan over the empty dataset. */
    LogicalPlan fill(LogicalPlan search) {
      LogicalPlan leaf = empty.queryExecution().analyzed();
      return search.equals(leaf) ? rows(leaf) : search.mapChildren(this::fill);
    }

    /** The rows, with the ids of the leaf's columns. */
    private LogicalPlan rows(LogicalPlan leaf) {
      List<Attribute> given = Scala.list(plan.output());
      List<Attribute> read = Scala.list(leaf.output());
      List<NamedExpression> columns = new ArrayList<>();
      for (int i = 0; i < given.size(); i++) {
        columns.add(Calls.named(given.get(i), read.get(i).name(), read.get(i).exprId()));
      }
      return new Project(Scala.seq(columns), plan);
    }
  }

  private static int count(Expression argument) {
    boolean isInt =
        argument.foldable()
            && List.of(DataTypes.IntegerType, DataTypes.ShortType, DataTypes.ByteType)
                .contains(argument.dataType());
    Object value = isInt ? argument.eval(null) : null;
    if (value == null) {
      throw invalid("k", argument, "1 or more");
    }
    return ((Number) value).intValue();
  }

  private static String name(Expression argument, String parameter, String byDefault) {
    if (argument == null) {
      return byDefault;
    }
    Object value =
        argument.foldable() && argument.dataType() instanceof StringType
            ? argument.eval(null)
            : null;
    if (value == null) {
      throw invalid(parameter, argument, "a string");
    }
    return value.toString();
  }

  private static EmbarkException invalid(String parameter, Expression argument, String takes) {
    return new EmbarkException(
        Condition.INVALID_OPTION,
        Map.of("function", NAME, "option", parameter, "value", argument.sql(), "takes", takes));
  }

  /** The documentation that DESCRIBE FUNCTION shows. */
  public static ExpressionInfo info() {
    return new ExpressionInfo(
        NearestFunction.class.getName(),
        null,
        NAME,
        "_FUNC_(queries, documents, k[, metric[, queryVector[, documentVector]]]) - Returns the k"
            + " documents nearest to each query, by comparing every pair: query STRUCT, document"
            + " STRUCT, rank INT, score FLOAT. The structs have all columns but the vectors.",
        """

            Arguments:
              * queries, documents - TABLE(name) or TABLE(SELECT ...)
              * k - the number of documents for each query, a literal
              * metric - cosine (the default), inner_product or l2
              * queryVector, documentVector - names of the columns of vectors, embedding by default
        """,
        """

            Examples:
              > SELECT query.id, document.id, rank FROM _FUNC_(TABLE(SELECT 1 AS id, array(3F, 4F) AS embedding), TABLE(SELECT 2 AS id, array(4F, 3F) AS embedding), 1);
               1\t2\t1
        """,
        "",
        "table_funcs",
        "",
        "",
        "scala_udf");
  }
}
