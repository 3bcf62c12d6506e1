package dev.embark.job.scan;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** Applies a function to each file of an input, in the tasks of a Spark job. */
final class FileTasks {
  private static final int FILES_OF_A_TASK = 100;
  private static final String SEPARATOR = "\0"; // no file system allows it in a name

  private FileTasks() {}

  /** Function of one file or one part of a file. */
  interface FileFunction extends Serializable {
    /**
     * Returns the result as a text, which every serializer of Spark can transfer.
     *
     * @param file what names the file or part
     */
    String apply(String file, Configuration conf) throws IOException;
  }

  /** Function that reads the lines of one file or one part of a file, lazily. */
  interface LineFunction extends Serializable {
    /**
     * @param index index of the file or part
     * @param file what names it
     */
    Iterator<String> apply(int index, String file, Configuration conf) throws IOException;
  }

  /**
   * Returns the results in the order of the files.
   *
   * @param input name of the input for messages
   * @throws UserError if the function failed
   */
  static List<String> map(
      SparkSession spark, String input, List<String> files, FileFunction function) {
    return ofLines(
        spark,
        input,
        files,
        (index, file, conf) -> List.of(function.apply(file, conf)).iterator(),
        Dataset::collectAsList);
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
      List<String> files,
      LineFunction function,
      Function<Dataset<String>, T> question) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> conf =
        context.broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
    // In the closure, every task would have a copy of all names.
    Broadcast<String> names = context.broadcast(String.join(SEPARATOR, files));
    try {
      int cores = spark.sparkContext().defaultParallelism();
      int tasks = Math.max(Math.min(files.size(), 4 * cores), files.size() / FILES_OF_A_TASK);
      return question.apply(
          spark
              .range(0, files.size(), 1, tasks)
              .mapPartitions(
                  (MapPartitionsFunction<Long, String>)
                      indices -> lines(indices, names.value(), function, conf.value().value()),
                  Encoders.STRING()));
    } catch (Exception e) {
      throw new UserError("Cannot read %s (%s)".formatted(input, Failures.sentence(e)), e);
    } finally {
      names.destroy();
      conf.destroy();
    }
  }

  private static Iterator<String> lines(
      Iterator<Long> indices, String names, LineFunction function, Configuration conf) {
    String[] files = names.split(SEPARATOR, -1);
    return new Iterator<>() {
      private Iterator<String> lines = Collections.emptyIterator();

      @Override
      public boolean hasNext() {
        try {
          while (!lines.hasNext() && indices.hasNext()) {
            int index = indices.next().intValue();
            lines = function.apply(index, files[index], conf);
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        return lines.hasNext();
      }

      @Override
      public String next() {
        return lines.next();
      }
    };
  }
}
