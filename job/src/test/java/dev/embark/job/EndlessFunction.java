package dev.embark.job;

import dev.embark.job.run.Termination;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;

/**
 * A function whose first call requests termination and which then runs until its task is cancelled.
 */
public final class EndlessFunction {
  static final String NAME = "endless";

  private static volatile Termination asked; // static, because tasks receive a copy of the function

  private EndlessFunction() {}

  public static void register(Termination termination) {
    asked = termination;
    LocalSpark.session()
        .udf()
        .register(NAME, (UDF1<Long, String>) EndlessFunction::call, DataTypes.StringType);
  }

  private static String call(Long id) {
    asked.request();
    while (!TaskContext.get().isInterrupted()) {
      Thread.onSpinWait();
    }
    throw new TaskKilledException("the run was asked to end");
  }
}
