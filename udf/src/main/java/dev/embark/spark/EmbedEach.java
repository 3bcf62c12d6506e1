package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddedRows;
import dev.embark.engine.EmbeddingException;
import dev.embark.engine.ErrorMode;
import dev.embark.engine.VectorWriter;
import java.io.Serializable;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.unsafe.types.UTF8String;
import scala.collection.immutable.Seq;
import scala.runtime.ScalaRunTime;

/**
 * A call that cannot be pulled below its node, since its text exists only inside it: in a lambda,
 * {@code transform(texts, t -> embed(t))}, or over both sides of a join condition. Right, but slow:
 * a native batch for each text. EXPLAIN shows it as {@code embed_one_by_one}.
 */
public final class EmbedEach extends Expression implements CodegenFallback, Serializable {
  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final EmbedOptions options;
  private final EmbedOutput output;

  /** Public, since Spark copies expressions by reflection. */
  public EmbedEach(Expression text, EmbedOptions options, EmbedOutput output) {
    this.text = text;
    this.options = options;
    this.output = output;
  }

  static EmbedEach of(EmbedExpression call) {
    return new EmbedEach(call.text(), call.options(), call.output());
  }

  @Override
  public Object eval(InternalRow row) {
    UTF8String value = (UTF8String) text.eval(row);
    if (value == null) {
      return null;
    }
    try (ExecutorModels.Lease lease = ExecutorModels.lease(options);
        BufferAllocator allocator =
            ArrowUtils.rootAllocator().newChildAllocator("embed-each", 0, Long.MAX_VALUE);
        ListVector vector = VectorWriter.newVector("embedding", allocator)) {
      List<byte[]> window = List.of(value.getBytes());
      EmbeddedRows rows =
          output == EmbedOutput.TOKENS
              ? lease.engine().countTokens(window)
              : lease.engine().embed(window, vector, () -> false);
      EmbeddingException error = rows.error(0);
      if (error != null && options.mode() == ErrorMode.FAILFAST) {
        throw error;
      }
      return new ResultValues(options, vector).of(output, rows, 0);
    }
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    return CodegenFallback.super.doGenCode(context, code);
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
  public String toString() {
    return output.function() + "_one_by_one(" + text + ")";
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(text));
  }

  // Scala 2.12 and 2.13 declare this with different types; both are there, so neither overrides.
  public Expression withNewChildrenInternal(
      scala.collection.immutable.IndexedSeq<Expression> newChildren) {
    return new EmbedEach(newChildren.apply(0), options, output);
  }

  public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> newChildren) {
    return new EmbedEach(newChildren.apply(0), options, output);
  }

  @Override
  public int productArity() {
    return 3;
  }

  @Override
  public Object productElement(int n) {
    return switch (n) {
      case 0 -> text;
      case 1 -> options;
      case 2 -> output;
      default -> throw new IndexOutOfBoundsException(n);
    };
  }

  @Override
  public boolean canEqual(Object that) {
    return that instanceof EmbedEach;
  }

  @Override
  public boolean equals(Object that) {
    return that instanceof EmbedEach other && Scala.equalProducts(this, other);
  }

  @Override
  public int hashCode() {
    return ScalaRunTime._hashCode(this);
  }
}
