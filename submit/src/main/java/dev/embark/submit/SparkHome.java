package dev.embark.submit;

import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Spark installation supported by Embark: version 3.5 or 4 with Scala 2.13.
 *
 * @param path root folder, which contains bin/spark-submit
 * @param version version, such as 4.1.3
 * @param assembled whether Embark's build assembled it
 */
record SparkHome(Path path, String version, boolean assembled) {
  private static final Pattern CORE =
      Pattern.compile("spark-core_(\\d+\\.\\d+)-(\\d+\\.\\d+.*)\\.jar");
  private static final Pattern SUPPORTED = Pattern.compile("(3\\.5|4\\.\\d+)\\..*");
  private static final String SCALA = "2.13";

  /**
   * Returns the installation at {@code SPARK_HOME} if that is set, otherwise the assembled one.
   *
   * @throws UserError if the chosen folder has no Spark installation, or an unsupported one
   */
  static SparkHome find(Map<String, String> environment, Path assembledHome) {
    String own = environment.getOrDefault("SPARK_HOME", "");
    if (own.isBlank()) {
      if (!Files.isExecutable(assembledHome.resolve("bin/spark-submit"))) {
        throw new UserError(
            "There is no Spark: SPARK_HOME is not set and %s does not exist; set SPARK_HOME, or run submit/embark of a checkout, which assembles one"
                .formatted(assembledHome));
      }
      return inspect(assembledHome, true);
    }
    Path home = Path.of(own);
    if (!Files.isExecutable(home.resolve("bin/spark-submit"))) {
      throw new UserError(
          "SPARK_HOME is %s, which has no bin/spark-submit; correct it, or unset it to use the Spark that Embark's build assembles"
              .formatted(own));
    }
    return inspect(home, false);
  }

  private static SparkHome inspect(Path home, boolean assembled) {
    Matcher core = coreJar(home);
    String scala = core.group(1);
    String version = core.group(2);
    if (!SUPPORTED.matcher(version).matches()) {
      throw new UserError(
          "The Spark in %s is %s; Embark runs on Spark 3.5 and 4".formatted(home, version));
    }
    if (!scala.equals(SCALA)) {
      throw new UserError(
          "The Spark %s in %s is built for Scala %s; this jar of Embark is for Scala %s; use the Spark distribution for that"
              .formatted(version, home, scala, SCALA));
    }
    return new SparkHome(home, version, assembled);
  }

  private static Matcher coreJar(Path home) {
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(home.resolve("jars"), "spark-core_*.jar")) {
      for (Path jar : jars) {
        Matcher matcher = CORE.matcher(jar.getFileName().toString());
        if (matcher.matches() && Files.exists(jar)) {
          return matcher;
        }
      }
    } catch (IOException e) {
      throw noJars(home, e);
    }
    throw noJars(home, null);
  }

  private static UserError noJars(Path home, IOException cause) {
    return new UserError(
        "%s has no jars/spark-core_%s-<version>.jar, so it is not a complete Spark; install it again"
            .formatted(home, SCALA),
        cause);
  }

  /** Returns the path of the spark-submit program. */
  Path sparkSubmit() {
    return path.resolve("bin/spark-submit");
  }
}
