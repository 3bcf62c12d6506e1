package dev.embark.spark.catalyst;

import dev.embark.engine.options.ErrorMode;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.spark.compat.SparkConditions;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.exec.TaskSettings;
import dev.embark.spark.metrics.ApplicationProgress;
import dev.embark.spark.metrics.ExecutorCounters;
import dev.embark.spark.metrics.RowAccumulators;
import dev.embark.spark.metrics.WindowCounts;
import dev.embark.spark.models.CutWarning;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.models.ModelAccess;
import dev.embark.spark.models.PromptWarning;
import dev.embark.spark.rows.TaskEngine;
import dev.embark.spark.rows.TextWindow;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Evaluates a model call inside an expression, one native batch per text. It is slow and used only
 * if no operator can host the call: if the text exists only inside the node, as in the lambda
 * {@code transform(texts, t -> embed(t))} or over both sides of a join condition, or if the text
 * may raise an error for rows that do not reach the call ({@link GuardConditionalCalls}). EXPLAIN
 * shows it as {@code embed_one_by_one}. Its texts count in {@link ApplicationProgress} and in the
 * executor's metrics, but not in the SQL tab, since Spark expressions have no SQL metrics.
 */
public final class RowByRowEvaluation extends ModelCall implements CodegenFallback {
  private static final long serialVersionUID = 1L;

  private final RowAccumulators progress;
  private final ModelAccess access;

  /** Public because Spark copies expressions by reflection. */
  public RowByRowEvaluation(
      Expression text,
      FunctionOptions options,
      SqlFunction function,
      RowAccumulators progress,
      ModelAccess access) {
    super(text, options, function);
    this.progress = progress;
    this.access = access;
  }

  /** Resolves the settings on the driver, as {@link TaskSettings#of} does for an operator. */
  static RowByRowEvaluation of(ModelExpression call) {
    SparkContext context = SparkSession.active().sparkContext();
    ModelAccess access = ModelAccess.ofSession(context, call.options().model());
    FunctionOptions pinned = access.pinned(call.options(), ExecutorModels.store());
    PromptWarning.check(context, call.options(), access);
    CutWarning.check(context, call.options(), access);
    return new RowByRowEvaluation(
        call.text(),
        pinned,
        call.function(),
        ApplicationProgress.of(context).accumulators(),
        access.serving(pinned, ExecutorModels.store()));
  }

  @Override
  RowByRowEvaluation withText(Expression newText) {
    return new RowByRowEvaluation(newText, options(), function(), progress, access);
  }

  @Override
  public Object eval(InternalRow row) {
    UTF8String value = (UTF8String) text().eval(row);
    if (value == null) {
      return null;
    }
    TaskContext task = TaskContext.get();
    if (isInterrupted(task)) {
      throw killed();
    }
    TextWindow window = new TextWindow();
    window.add(value.getBytes());
    List<SqlFunction> functions = List.of(function());
    try (TaskEngine engine = TaskEngine.open(options(), functions, access, task)) {
      long start = System.nanoTime();
      RowOutcomes rows = engine.compute(window.texts(), () -> isInterrupted(task));
      count(WindowCounts.of(window, rows, System.nanoTime() - start), engine.loadMillis());
      EmbarkException error = rows.error(0);
      if (error != null && options().mode() == ErrorMode.FAILFAST) {
        throw error;
      }
      return engine.value(function(), 0);
    } catch (EmbarkException e) {
      if (e.kind() == Kind.CANCELLED && isInterrupted(task)) {
        throw killed();
      }
      throw SparkConditions.inTask(e);
    }
  }

  private static boolean isInterrupted(TaskContext task) {
    return task != null && task.isInterrupted();
  }

  private TaskKilledException killed() {
    return new TaskKilledException("cancelled while " + options().function() + " ran");
  }

  @Override
  public int productArity() {
    return super.productArity() + 2;
  }

  @Override
  public Object productElement(int n) {
    return switch (n - super.productArity()) {
      case 0 -> progress;
      case 1 -> access;
      default -> super.productElement(n);
    };
  }

  private void count(WindowCounts window, long loadMillis) {
    progress.add(window.counts());
    ExecutorCounters.add(window);
    ExecutorCounters.addLoadMillis(loadMillis);
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    return CodegenFallback.super.doGenCode(context, code);
  }

  @Override
  public String toString() {
    return function().sqlName() + "_one_by_one(" + text() + ")";
  }
}
