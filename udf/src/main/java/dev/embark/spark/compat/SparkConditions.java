package dev.embark.spark.compat;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.ErrorClassesJsonReader;
import org.apache.spark.ErrorInfo;
import org.apache.spark.QueryContext;
import org.apache.spark.SparkRuntimeException;
import org.apache.spark.SparkThrowableHelper$;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;
import scala.collection.immutable.Map;

/**
 * Embark's conditions as error conditions of Spark, on the driver and on executors.
 *
 * <p>Spark looks up the message and the SQLSTATE of a condition in a list of its own, and fails
 * with an internal error for a name that is not in it: PySpark does so for {@code getMessage()}, an
 * error of a task when it is created. The list has no method to add to it, so this class replaces
 * the map that holds it. Where a future Spark or JVM forbids that, or the jar is of the wrong
 * Scala, analysis errors have a legacy condition of Spark, whose only parameter is the message with
 * our condition in brackets, and tasks fail with the {@link EmbarkException} itself.
 */
public final class SparkConditions {
  private static final Logger LOG = LoggerFactory.getLogger(SparkConditions.class);
  private static final String LEGACY = "_LEGACY_ERROR_TEMP_1332"; // since 3.5, not printed
  private static final boolean KNOWN = addToSpark();

  private SparkConditions() {}

  /** The name of a failure's condition. */
  public static String name(EmbarkException failure) {
    return KNOWN ? failure.condition().condition() : LEGACY;
  }

  /** The message of a failure, in the form of this Spark version. */
  public static String message(EmbarkException failure) {
    String condition = failure.condition().condition();
    return KNOWN
        ? SparkThrowableHelper$.MODULE$.getMessage(condition, parameters(failure))
        : "[" + condition + "] " + failure.getMessage();
  }

  /** The parameters of a failure's message. */
  public static Map<String, String> parameters(EmbarkException failure) {
    return KNOWN ? own(failure) : new Map.Map1<>("errorMessage", message(failure));
  }

  private static Map<String, String> own(EmbarkException failure) {
    List<String> names = List.copyOf(failure.condition().parameters());
    List<String> values = names.stream().map(failure.parameters()::get).toList();
    // These constructors are all that Scala 2.12 and 2.13 share; also a jar of the wrong Scala has
    // to be able to say so.
    return switch (names.size()) {
      case 1 -> new Map.Map1<>(names.get(0), values.get(0));
      case 2 -> new Map.Map2<>(names.get(0), values.get(0), names.get(1), values.get(1));
      case 3 ->
          new Map.Map3<>(
              names.get(0),
              values.get(0),
              names.get(1),
              values.get(1),
              names.get(2),
              values.get(2));
      case 4 ->
          new Map.Map4<>(
              names.get(0),
              values.get(0),
              names.get(1),
              values.get(1),
              names.get(2),
              values.get(2),
              names.get(3),
              values.get(3));
      default -> throw new IllegalArgumentException(failure.condition() + " has " + names);
    };
  }

  /**
   * The exception to throw from a task. Spark 4 passes one with a condition on to the caller of the
   * query, without the report on the failed stage around it.
   *
   * @param failure becomes the cause
   */
  public static RuntimeException inTask(EmbarkException failure) {
    return KNOWN
        ? new SparkRuntimeException(
            failure.condition().condition(), parameters(failure), failure, new QueryContext[0], "")
        : failure;
  }

  private static boolean addToSpark() {
    try {
      ErrorClassesJsonReader spark = SparkThrowableHelper$.MODULE$.errorReader();
      Map<String, ErrorInfo> all = spark.errorInfoMap();
      for (Tuple2<String, ErrorInfo> entry :
          Scala.list(
              new ErrorClassesJsonReader(Scala.seq(List.of(inMemory(json())))).errorInfoMap())) {
        if (!all.contains(entry._1())) {
          all = all.updated(entry._1(), entry._2());
        }
      }
      Field map = ErrorClassesJsonReader.class.getDeclaredField("errorInfoMap");
      map.setAccessible(true);
      map.set(spark, all);
      return spark.errorInfoMap().contains(Condition.OPTION.condition());
    } catch (IOException | ReflectiveOperationException | RuntimeException | LinkageError e) {
      LOG.info("Spark's list of error conditions cannot be extended: {}", e.toString());
      return false;
    }
  }

  private static String json() {
    return Arrays.stream(Condition.values())
        .map(
            condition ->
                "\"%s\": {\"message\": [\"%s\"], \"sqlState\": \"%s\"}"
                    .formatted(
                        condition.condition(),
                        condition.template().replace("\\", "\\\\").replace("\"", "\\\""),
                        condition.sqlState()))
        .collect(Collectors.joining(",\n", "{", "}"));
  }

  /** A URL of a text, since Spark reads conditions from URLs only. */
  private static URL inMemory(String text) throws IOException {
    return new URL(
        null,
        "embark:conditions",
        new URLStreamHandler() {
          @Override
          protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
              @Override
              public void connect() {}

              @Override
              public InputStream getInputStream() {
                return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
              }
            };
          }
        });
  }
}
