package dev.embark.spark.catalyst;

import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.trees.CurrentOrigin$;
import org.apache.spark.sql.catalyst.trees.Origin;
import scala.Option;
import scala.collection.immutable.Map;

/**
 * Creates every {@code AnalysisException} that Embark raises for a user's call.
 *
 * <p>PySpark rebuilds the message from the error condition and its parameters. It fails with a
 * {@code NullPointerException} if the condition is missing, and with an internal error if Spark's
 * registry does not know it. The condition used here exists in Spark since 3.5, and its message is
 * its only parameter; since it is a legacy condition, Spark does not print its name.
 */
public final class AnalysisErrors {
  private static final String CONDITION = "_LEGACY_ERROR_TEMP_1332";
  private static final String PARAMETER = "errorMessage";

  private AnalysisErrors() {}

  /** Throws an error for a method call, which has no position in a statement. */
  public static RuntimeException of(String sentence) {
    throw of(sentence, CurrentOrigin$.MODULE$.get());
  }

  /**
   * Throws an error for a call. The exception is unchecked here, because javac takes Scala's {@code
   * AnalysisException} for a checked one.
   *
   * @param sentence what happened and what to do
   * @param where the position in the statement
   */
  public static RuntimeException of(String sentence, Origin where) {
    throw thrown(
        new AnalysisException(
            sentence,
            where.line(),
            where.startPosition(),
            Option.empty(),
            Option.apply(CONDITION),
            new Map.Map1<>(PARAMETER, sentence),
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
