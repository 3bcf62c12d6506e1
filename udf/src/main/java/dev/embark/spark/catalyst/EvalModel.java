package dev.embark.spark.catalyst;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.collection.immutable.Seq;

/**
 * Logical operator that evaluates model functions over one text: it returns its child's columns and
 * one result column per function. The class and its constructor are public because Spark copies
 * plan nodes by reflection.
 */
public final class EvalModel extends LogicalPlan implements CatalystNode {
  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final FunctionOptions options;
  private final Seq<SqlFunction> outputs;
  private final Seq<Attribute> results;
  private final LogicalPlan child;

  /**
   * @param text over the child's columns
   * @param outputs the functions to evaluate
   * @param results the result columns, one per function
   */
  public EvalModel(
      Expression text,
      FunctionOptions options,
      Seq<SqlFunction> outputs,
      Seq<Attribute> results,
      LogicalPlan child) {
    this.text = text;
    this.options = options;
    this.outputs = outputs;
    this.results = results;
    this.child = child;
  }

  public Expression text() {
    return text;
  }

  public FunctionOptions options() {
    return options;
  }

  public Seq<SqlFunction> outputs() {
    return outputs;
  }

  public Seq<Attribute> results() {
    return results;
  }

  public LogicalPlan child() {
    return child;
  }

  /** Whether a call has the same text and options. */
  boolean answers(ModelExpression call) {
    return options.equals(call.options()) && text.semanticEquals(call.text());
  }

  @Override
  public Seq<Attribute> output() {
    return concat(child.output(), results);
  }

  public static Seq<Attribute> concat(
      scala.collection.Seq<Attribute> left, scala.collection.Seq<Attribute> right) {
    List<Attribute> all = Scala.list(left);
    all.addAll(Scala.list(right));
    return Scala.seq(all);
  }

  @Override
  public AttributeSet producedAttributes() {
    return AttributeSet.apply(Scala.<Expression>seq(Scala.list(results)));
  }

  @Override
  public Seq<LogicalPlan> children() {
    return Scala.seq(List.of(child));
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public LogicalPlan withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<LogicalPlan> newChildren) {
    return new EvalModel(text, options, outputs, results, newChildren.apply(0));
  }

  @SuppressWarnings("MissingOverride")
  public LogicalPlan withNewChildrenInternal(scala.collection.IndexedSeq<LogicalPlan> newChildren) {
    return new EvalModel(text, options, outputs, results, newChildren.apply(0));
  }

  @Override
  public Object[] fields() {
    return new Object[] {text, options, outputs, results, child};
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof EvalModel other && Scala.equalProducts(this, other);
  }
}
