package dev.embark.spark.catalyst;

import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.trees.CurrentOrigin$;
import org.apache.spark.sql.catalyst.trees.Origin;
import scala.Option;
import scala.collection.immutable.Map;

/**
 * Errors that a user's call causes when Spark analyses it: the only place that makes them.
 *
 * <p>PySpark builds the message of an {@code AnalysisException} anew from the error condition and
 * its parameters, and fails with a {@code NullPointerException} where there is no condition, and
 * with an internal error where Spark's own registry lacks it. So the condition is one of Spark's,
 * present from 3.5 on, whose message is its one parameter; as it is a legacy one, Spark does not
 * print its name before the sentence.
 */
public final class AnalysisErrors {
  private static final String CONDITION = "_LEGACY_ERROR_TEMP_1332";
  private static final String PARAMETER = "errorMessage";

  private AnalysisErrors() {}

  /** An error of a method call, which has no position in a statement. */
  public static RuntimeException of(String sentence) {
    throw of(sentence, CurrentOrigin$.MODULE$.get());
  }

  /**
   * An error of a call; throws it, as Scala's {@code AnalysisException} is checked to javac.
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

  /** Throws what Spark made, which javac may take for a checked exception. */
  @SuppressWarnings("unchecked")
  static <E extends Throwable> RuntimeException thrown(Throwable throwable) throws E {
    throw (E) throwable;
  }
}
