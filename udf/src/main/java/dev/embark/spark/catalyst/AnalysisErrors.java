package dev.embark.spark.catalyst;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.SparkConditions;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.trees.CurrentOrigin$;
import org.apache.spark.sql.catalyst.trees.Origin;
import scala.Option;

/** Creates every {@code AnalysisException} that Embark raises for a user's call. */
public final class AnalysisErrors {
  private AnalysisErrors() {}

  /** Throws an error for a method call, which has no position in a statement. */
  public static RuntimeException of(EmbarkException failure) {
    throw of(failure, CurrentOrigin$.MODULE$.get());
  }

  /**
   * Throws an error for a call. The exception is unchecked here, because javac takes Scala's {@code
   * AnalysisException} for a checked one.
   *
   * @param failure its condition and parameters become those of the error
   * @param where the position in the statement
   */
  public static RuntimeException of(EmbarkException failure, Origin where) {
    throw thrown(
        new AnalysisException(
            SparkConditions.message(failure),
            where.line(),
            where.startPosition(),
            Option.empty(),
            Option.apply(SparkConditions.name(failure)),
            SparkConditions.parameters(failure),
            where.getQueryContext()));
  }

  /**
   * Throws any throwable without declaring it, since javac takes Spark's exceptions for checked
   * ones.
   */
  @SuppressWarnings("unchecked")
  static <E extends Throwable> RuntimeException thrown(Throwable throwable) throws E {
    throw (E) throwable;
  }
}
