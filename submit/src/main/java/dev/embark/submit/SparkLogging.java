package dev.embark.submit;

import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Logging of a driver whose Spark has no settings for it: the Spark of pip prints hundreds of INFO
 * lines otherwise. A user's own settings are left alone, and the assembled home has them in a jar.
 */
final class SparkLogging {
  private static final String OPTIONS = "SPARK_SUBMIT_OPTS";
  private static final String CONF_DIR = "SPARK_CONF_DIR";
  private static final String SETTINGS = "log4j2.properties";

  private SparkLogging() {}

  /**
   * Returns the variables to add to the environment of spark-submit.
   *
   * @throws UserError if the settings cannot be written to the folder for temporary files
   */
  static Map<String, String> environment(SparkHome home, Map<String, String> environment) {
    Map<String, String> added = new HashMap<>();
    String options = environment.getOrDefault(OPTIONS, "");
    Path conf =
        environment.getOrDefault(CONF_DIR, "").isBlank()
            ? home.path().resolve("conf")
            : Path.of(environment.get(CONF_DIR));
    if (!home.assembled() && !options.contains("log4j") && !hasSettings(conf)) {
      added.put(OPTIONS, (options + " -Dlog4j2.configurationFile=" + write().toUri()).strip());
    }
    return added;
  }

  private static boolean hasSettings(Path conf) {
    if (!Files.isDirectory(conf)) {
      return false;
    }
    try (Stream<Path> files = Files.list(conf)) {
      return files.anyMatch(
          file -> file.getFileName().toString().matches("log4j2?\\.(properties|xml|ya?ml|jso?n)"));
    } catch (IOException e) {
      return true; // what cannot be read is not replaced
    }
  }

  private static Path write() {
    try (InputStream settings = SparkLogging.class.getResourceAsStream(SETTINGS)) {
      Path file = Files.createTempFile("embark-", "-" + SETTINGS);
      file.toFile().deleteOnExit();
      Files.copy(settings, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new UserError("The settings of Spark's log cannot be written: " + e.getMessage(), e);
    }
  }
}
