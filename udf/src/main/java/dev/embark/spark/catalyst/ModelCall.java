package dev.embark.spark.catalyst;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.Seq;

/**
 * Base class of a call of a {@link SqlFunction} in a query plan, independent of how the call is
 * evaluated.
 */
abstract class ModelCall extends Expression implements CatalystNode, Serializable {
  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final FunctionOptions options;
  private final SqlFunction function;

  ModelCall(Expression text, FunctionOptions options, SqlFunction function) {
    this.text = text;
    this.options = options;
    this.function = function;
  }

  /** A copy of this call with another text. */
  abstract ModelCall withText(Expression newText);

  Expression text() {
    return text;
  }

  public FunctionOptions options() {
    return options;
  }

  SqlFunction function() {
    return function;
  }

  @Override
  public DataType dataType() {
    return function.dataType(options);
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
    return function.sqlName();
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(text));
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return withText(newChildren.apply(0));
  }

  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return withText(newChildren.apply(0));
  }

  @Override
  public Object[] fields() {
    return new Object[] {text, options, function};
  }

  @Override
  public boolean equals(Object that) {
    return canEqual(that) && Scala.equalProducts(this, (ModelCall) that);
  }
}
