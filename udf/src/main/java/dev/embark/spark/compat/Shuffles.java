package dev.embark.spark.compat;

import java.lang.reflect.Constructor;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.exchange.ENSURE_REQUIREMENTS$;
import org.apache.spark.sql.execution.exchange.ShuffleExchangeExec;
import org.apache.spark.sql.execution.exchange.ShuffleExchangeExec$;
import scala.Option;

/** Creates shuffles, whose constructor has one more parameter since Spark 4.3. */
public final class Shuffles {
  private static final int SINCE_3_5 = 4; // parameters

  private Shuffles() {}

  /** A shuffle that Spark must not leave out; parameters of later versions have their defaults. */
  public static SparkPlan required(Partitioning partitioning, SparkPlan child) {
    Constructor<?> constructor = ShuffleExchangeExec.class.getConstructors()[0];
    Object[] arguments = new Object[constructor.getParameterCount()];
    arguments[0] = partitioning;
    arguments[1] = child;
    arguments[2] = ENSURE_REQUIREMENTS$.MODULE$;
    arguments[3] = Option.empty();
    try {
      for (int i = SINCE_3_5; i < arguments.length; i++) {
        arguments[i] =
            ShuffleExchangeExec$.class
                .getMethod("$lessinit$greater$default$" + (i + 1))
                .invoke(ShuffleExchangeExec$.MODULE$);
      }
      return (SparkPlan) constructor.newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This Spark's shuffle cannot be created", e);
    }
  }
}
