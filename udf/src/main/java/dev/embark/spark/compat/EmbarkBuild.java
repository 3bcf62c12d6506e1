package dev.embark.spark.compat;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.spark.package$;
import scala.util.Properties$;

/**
 * Build metadata of the running jar.
 *
 * @param version version of Embark
 * @param scala binary version of Scala, such as 2.13
 */
public record EmbarkBuild(String version, String scala) {
  private static final EmbarkBuild THIS = read();

  /** The metadata of the jar that contains this class. */
  public static EmbarkBuild current() {
    return THIS;
  }

  /**
   * The error of a jar that is built for another Scala than the running Spark; empty if they agree.
   * Most other methods of such a jar fail with a {@link LinkageError}.
   */
  public static Optional<EmbarkException> wrongScala() {
    return wrongScala(THIS.scala(), Properties$.MODULE$.versionNumberString());
  }

  /**
   * @param running version of the running Scala, such as 2.12.18
   */
  static Optional<EmbarkException> wrongScala(String jar, String running) {
    if (running.startsWith(jar + ".")) {
      return Optional.empty();
    }
    String[] parts = running.split("\\.", -1);
    return Optional.of(
        new EmbarkException(
            Condition.WRONG_SCALA,
            Map.of(
                "jar",
                jar,
                "scala",
                parts[0] + "." + parts[1],
                "spark",
                package$.MODULE$.SPARK_VERSION())));
  }

  private static EmbarkBuild read() {
    Properties properties = new Properties();
    try (InputStream in = EmbarkBuild.class.getResourceAsStream("build.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new EmbarkBuild(properties.getProperty("version"), properties.getProperty("scala"));
  }
}
