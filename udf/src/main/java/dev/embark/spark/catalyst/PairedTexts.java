package dev.embark.spark.catalyst;

import dev.embark.engine.rows.TextPair;
import dev.embark.spark.compat.Scala;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ImplicitCastInputTypes;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.AnyDataType$;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.unsafe.types.UTF8String;
import scala.collection.immutable.Seq;

/**
 * The two texts of a call as one value, NULL if either is NULL, so that rules, operators and
 * windows handle a pair as they handle a text: {@link TextPair#toBytes}. Only engines read the
 * value, which no query returns.
 */
public final class PairedTexts extends Expression
    implements CatalystNode, Serializable, CodegenFallback, ImplicitCastInputTypes {
  private static final long serialVersionUID = 1L;

  private final Expression query;
  private final Expression document;

  /** Public because Spark copies expressions by reflection. */
  public PairedTexts(Expression query, Expression document) {
    this.query = query;
    this.document = document;
  }

  @Override
  public Object eval(InternalRow row) {
    UTF8String first = (UTF8String) query.eval(row);
    UTF8String second = first == null ? null : (UTF8String) document.eval(row);
    return second == null
        ? null
        : UTF8String.fromBytes(new TextPair(first.getBytes(), second.getBytes()).toBytes());
  }

  @Override
  public DataType dataType() {
    return DataTypes.StringType;
  }

  @Override
  public boolean nullable() {
    return query.nullable() || document.nullable();
  }

  /** False: a literal of the value would show its bytes in EXPLAIN. */
  @Override
  public boolean foldable() {
    return false;
  }

  @Override
  public Seq<AbstractDataType> inputTypes() {
    return Scala.seq(
        Stream.of(query, document)
            .map(
                text ->
                    text.dataType() instanceof NullType
                        ? (AbstractDataType) DataTypes.StringType
                        : AnyDataType$.MODULE$)
            .toList());
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    for (Expression text : List.of(query, document)) {
      if (!(text.dataType() instanceof StringType)) {
        return new TypeCheckResult.TypeCheckFailure(
            "rerank takes a query and a document that are strings, but "
                + text.sql()
                + " is "
                + text.dataType().catalogString()
                + "; cast it to string if it is text");
      }
    }
    return TypeCheckResult.TypeCheckSuccess$.MODULE$;
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(query, document));
  }

  // Scala 2.12 and 2.13 declare different parameter types; both overloads exist, so neither is
  // annotated as an override.
  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return new PairedTexts(newChildren.apply(0), newChildren.apply(1));
  }

  @SuppressWarnings("MissingOverride")
  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return new PairedTexts(newChildren.apply(0), newChildren.apply(1));
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    return CodegenFallback.super.doGenCode(context, code);
  }

  @Override
  public Object[] fields() {
    return new Object[] {query, document};
  }

  @Override
  public boolean equals(Object that) {
    return canEqual(that) && Scala.equalProducts(this, (PairedTexts) that);
  }

  @Override
  public String toString() {
    return query + ", " + document;
  }

  @Override
  public String sql() {
    return query.sql() + ", " + document.sql();
  }
}
