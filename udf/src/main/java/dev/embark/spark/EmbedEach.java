package dev.embark.spark;

import dev.embark.engine.TaskOptions;
import dev.embark.engine.EmbeddingException;
import dev.embark.engine.ErrorMode;
import dev.embark.engine.RowOutcomes;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A call that cannot be pulled below its node, since its text exists only inside it: in a lambda,
 * {@code transform(texts, t -> embed(t))}, or over both sides of a join condition. Right, but slow:
 * a native batch for each text. EXPLAIN shows it as {@code embed_one_by_one}.
 */
public final class EmbedEach extends EmbedCall implements CodegenFallback {
  private static final long serialVersionUID = 1L;

  /** Public, since Spark copies expressions by reflection. */
  public EmbedEach(Expression text, TaskOptions options, EmbedOutput output) {
    super(text, options, output);
  }

  static EmbedEach of(EmbedExpression call) {
    return new EmbedEach(call.text(), call.options(), call.output());
  }

  @Override
  EmbedEach withText(Expression newText) {
    return new EmbedEach(newText, options(), output());
  }

  @Override
  public Object eval(InternalRow row) {
    UTF8String value = (UTF8String) text().eval(row);
    if (value == null) {
      return null;
    }
    List<EmbedOutput> outputs = List.of(output());
    try (TaskEngine engine =
        TaskEngine.open(options(), outputs, ModelAccess.NONE, TaskContext.get())) {
      RowOutcomes rows = engine.compute(List.of(value.getBytes()), () -> false);
      EmbeddingException error = rows.error(0);
      if (error != null && options().mode() == ErrorMode.FAILFAST) {
        throw error;
      }
      return engine.value(output(), 0);
    }
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    return CodegenFallback.super.doGenCode(context, code);
  }

  @Override
  public String toString() {
    return output().function() + "_one_by_one(" + text() + ")";
  }
}
