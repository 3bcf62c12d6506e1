package dev.embark.job.scan;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** Applies a function to each file of an input, in the tasks of a Spark job. */
final class FileTasks {
  private static final int FILES_OF_A_TASK = 100;

  private FileTasks() {}

  /** Function of one file or one part of a file. */
  interface FileFunction extends Serializable {
    /**
     * Returns the result as a text, which every serializer of Spark can transfer.
     *
     * @param index index of the file
     */
    String apply(int index, Configuration conf) throws IOException;
  }

  /** Function that reads the lines of one file or one part of a file, lazily. */
  interface LineFunction extends Serializable {
    /**
     * @param index index of the file
     */
    Iterator<String> apply(int index, Configuration conf) throws IOException;
  }

  /**
   * Returns the results in the order of the files.
   *
   * @param input name of the input for messages
   * @throws UserError if the function failed
   */
  static List<String> map(SparkSession spark, String input, int files, FileFunction function) {
    return ask(
        spark,
        input,
        files,
        (indices, conf) ->
            indices
                .map(
                    (MapFunction<Long, String>)
                        index -> function.apply(index.intValue(), conf.value().value()),
                    Encoders.STRING())
                .collectAsList());
  }

  /**
   * Asks a question of the lines of all files, which are read when the question evaluates them.
   *
   * @param input name of the input for messages
   * @throws UserError if the function or the question failed
   */
  static <T> T ofLines(
      SparkSession spark,
      String input,
      int files,
      LineFunction function,
      Function<Dataset<String>, T> question) {
    return ask(
        spark,
        input,
        files,
        (indices, conf) ->
            question.apply(
                indices.flatMap(
                    (FlatMapFunction<Long, String>)
                        index -> function.apply(index.intValue(), conf.value().value()),
                    Encoders.STRING())));
  }

  private static <T> T ask(
      SparkSession spark,
      String input,
      int files,
      BiFunction<Dataset<Long>, Broadcast<SerializableConfiguration>, T> question) {
    Broadcast<SerializableConfiguration> conf =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
    try {
      int cores = spark.sparkContext().defaultParallelism();
      int tasks = Math.max(Math.min(files, 4 * cores), files / FILES_OF_A_TASK);
      return question.apply(spark.range(0, files, 1, tasks), conf);
    } catch (Exception e) {
      throw new UserError("Cannot read %s (%s)".formatted(input, Failures.sentence(e)), e);
    } finally {
      conf.destroy();
    }
  }
}
