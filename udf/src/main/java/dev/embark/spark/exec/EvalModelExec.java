package dev.embark.spark.exec;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.VectorType;
import dev.embark.spark.catalyst.CatalystNode;
import dev.embark.spark.catalyst.EvalModel;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.metrics.OperatorMetrics;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;

/**
 * Physical operator that evaluates model calls in batches. It passes each partition to {@link
 * RowPartition}, or to {@link ColumnarPartition} if its parent reads columns, and preserves
 * partitioning and ordering.
 *
 * <p>Runs on the driver; {@link TaskSettings} and {@link OperatorInput} carry everything that a
 * task needs as plain values.
 */
public final class EvalModelExec extends SparkPlan implements CatalystNode {
  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final FunctionOptions options;
  private final Seq<SqlFunction> outputs;
  private final Seq<Attribute> results;
  private final SparkPlan child;
  private transient OperatorMetrics metrics;

  /** Public, since Spark copies plan nodes by reflection. */
  public EvalModelExec(
      Expression text,
      FunctionOptions options,
      Seq<SqlFunction> outputs,
      Seq<Attribute> results,
      SparkPlan child) {
    this.text = text;
    this.options = options;
    this.outputs = outputs;
    this.results = results;
    this.child = child;
  }

  @Override
  public Seq<Attribute> output() {
    return EvalModel.concat(child.output(), results);
  }

  @Override
  public AttributeSet producedAttributes() {
    return AttributeSet.apply(Scala.<Expression>seq(Scala.list(results)));
  }

  @Override
  public Partitioning outputPartitioning() {
    return child.outputPartitioning();
  }

  @Override
  public Seq<SortOrder> outputOrdering() {
    return Scala.seq(Scala.list(child.outputOrdering()));
  }

  @Override
  public Map<String, SQLMetric> metrics() {
    return operatorMetrics().asMap();
  }

  /** Created lazily, so that copies of a plan which never run register no metrics. */
  private synchronized OperatorMetrics operatorMetrics() {
    if (metrics == null) {
      metrics = OperatorMetrics.of(sparkContext(), options);
    }
    return metrics;
  }

  /**
   * Whether the child produces columns and the result is a single {@code float} vector, the only
   * columnar result. Spark may pass columns to this operator even if its parent reads rows, so
   * {@link #doExecute} also accepts a columnar child.
   */
  @Override
  public boolean supportsColumnar() {
    return child.supportsColumnar()
        && Scala.list(outputs).equals(List.of(SqlFunction.EMBEDDING))
        && options instanceof EmbedOptions embed
        && embed.output() == VectorType.FLOAT;
  }

  @Override
  public boolean supportsRowBased() {
    return true;
  }

  @Override
  public RDD<InternalRow> doExecute() {
    TaskSettings settings = taskSettings();
    OperatorInput input = input();
    FlatMapFunction<Iterator<InternalRow>, InternalRow> evaluate =
        rows -> new RowPartition<>(input.open(), rows, settings.open());
    return child.toRowBased().execute().toJavaRDD().mapPartitions(evaluate, true).rdd();
  }

  @Override
  public RDD<ColumnarBatch> doExecuteColumnar() {
    TaskSettings settings = taskSettings();
    OperatorInput input = input();
    FlatMapFunction<Iterator<ColumnarBatch>, ColumnarBatch> evaluate =
        batches -> new ColumnarPartition(batches, input.open(), settings.open());
    return child.executeColumnar().toJavaRDD().mapPartitions(evaluate, true).rdd();
  }

  private TaskSettings taskSettings() {
    return TaskSettings.of(sparkContext(), options, Scala.list(outputs), operatorMetrics());
  }

  private OperatorInput input() {
    return new OperatorInput(text, Scala.list(child.output()), Scala.list(results));
  }

  @Override
  public Seq<SparkPlan> children() {
    return Scala.seq(List.of(child));
  }

  // Scala 2.12 and 2.13 declare this with different types; both are there, so neither overrides.
  @SuppressWarnings("MissingOverride")
  public SparkPlan withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<SparkPlan> newChildren) {
    return new EvalModelExec(text, options, outputs, results, newChildren.apply(0));
  }

  @SuppressWarnings("MissingOverride")
  public SparkPlan withNewChildrenInternal(scala.collection.IndexedSeq<SparkPlan> newChildren) {
    return new EvalModelExec(text, options, outputs, results, newChildren.apply(0));
  }

  @Override
  public Object[] fields() {
    return new Object[] {text, options, outputs, results, child};
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof EvalModelExec other && Scala.equalProducts(this, other);
  }
}
