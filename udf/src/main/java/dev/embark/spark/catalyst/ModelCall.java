package dev.embark.spark.catalyst;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/** A call of one of the {@link SqlFunction} functions in a plan, however it is computed. */
abstract class ModelCall extends Expression implements CatalystNode, Serializable {
  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final FunctionOptions options;
  private final SqlFunction output;

  ModelCall(Expression text, FunctionOptions options, SqlFunction output) {
    this.text = text;
    this.options = options;
    this.output = output;
  }

  /** The same call of another text. */
  abstract ModelCall withText(Expression newText);

  Expression text() {
    return text;
  }

  public FunctionOptions options() {
    return options;
  }

  SqlFunction output() {
    return output;
  }

  @Override
  public DataType dataType() {
    return output.dataType(options);
  }

  @Override
  public boolean nullable() {
    return true;
  }

  @Override
  public boolean foldable() {
    return false;
  }

  @Override
  public String prettyName() {
    return output.function();
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(text));
  }

  // Scala 2.12 and 2.13 declare this with different types; both are there, so neither overrides.
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return withText(newChildren.apply(0));
  }

  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return withText(newChildren.apply(0));
  }

  @Override
  public Object[] fields() {
    return new Object[] {text, options, output};
  }

  @Override
  public boolean equals(Object that) {
    return canEqual(that) && Scala.equalProducts(this, (ModelCall) that);
  }

  @Override
  public int hashCode() {
    return ScalaRunTime._hashCode(this);
  }
}
