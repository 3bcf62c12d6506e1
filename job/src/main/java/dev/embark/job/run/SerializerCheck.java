package dev.embark.job.run;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.serializer.Serializer;
import org.apache.spark.sql.types.StructType;
import scala.reflect.ClassTag$;

/**
 * Rejects a session whose serializer cannot transfer the schema of the output, which Spark's tasks
 * send when they read Parquet: Kryo with {@code spark.kryo.registrationRequired}.
 */
final class SerializerCheck {
  private static final String REQUIRED = "spark.kryo.registrationRequired";

  private SerializerCheck() {}

  /**
   * Serialises the schema as a task would.
   *
   * @throws UserError naming the class that is not registered
   */
  static void check(StructType columns) {
    check(SparkEnv.get().conf(), SparkEnv.get().serializer(), columns);
  }

  static void check(SparkConf conf, Serializer serializer, StructType columns) {
    if (!conf.getBoolean(REQUIRED, false)) {
      return;
    }
    try {
      serializer.newInstance().serialize(columns, ClassTag$.MODULE$.apply(StructType.class));
    } catch (RuntimeException e) {
      throw new UserError(
          "%s is true, and Spark's tasks cannot send the columns of the output (%s); set --conf %s=false, or name the class in spark.kryo.classesToRegister"
              .formatted(REQUIRED, Failures.sentence(e), REQUIRED),
          e);
    }
  }
}
