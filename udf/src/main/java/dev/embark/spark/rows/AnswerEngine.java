package dev.embark.spark.rows;

import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.EnginePool;
import dev.embark.spark.schema.AnswerSchema;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.unsafe.types.UTF8String;

/** Task engine that generates answers, texts or values of a schema. Owns its lease. */
final class AnswerEngine implements TaskEngine {
  private static final long ROW_BYTES = 4096; // about a thousand tokens

  private final EnginePool.Lease lease;
  private final TypedAnswers typed; // null if answers are texts
  private GeneratedRows rows;

  private AnswerEngine(EnginePool.Lease lease, TypedAnswers typed) {
    this.lease = lease;
    this.typed = typed;
  }

  /**
   * @param lease owned by the engine from now on
   */
  static AnswerEngine open(EnginePool.Lease lease, GenerateOptions options) {
    try {
      Optional<AnswerSchema> schema = AnswerSchema.of(options);
      return new AnswerEngine(
          lease, schema.map(s -> new TypedAnswers(s, options.maxTokens())).orElse(null));
    } catch (RuntimeException | Error e) {
      lease.close();
      throw e;
    }
  }

  @Override
  public long loadMillis() {
    return lease.loadMillis();
  }

  @Override
  public GeneratedRows compute(List<byte[]> window, BooleanSupplier isCancelled) {
    rows = ((GenerationEngine) lease.engine()).generate(window, isCancelled);
    if (typed != null) {
      typed.parse(rows);
    }
    return rows;
  }

  @Override
  public Object value(SqlFunction output, int i) {
    Object answer = typed == null ? UTF8String.fromString(rows.text(i)) : typed.value(i);
    if (output == SqlFunction.ANSWER) {
      return answer;
    }
    EmbarkException error = rows.error(i);
    return new GenericInternalRow(
        new Object[] {
          answer,
          rows.generatedTokens(i),
          UTF8String.fromString(rows.finish(i).toString()),
          ResultValues.message(error)
        });
  }

  @Override
  public long rowBytes() {
    return ROW_BYTES;
  }

  @Override
  public void cancel() {
    lease.engine().cancel(true);
  }

  @Override
  public void close() {
    lease.close();
  }
}
