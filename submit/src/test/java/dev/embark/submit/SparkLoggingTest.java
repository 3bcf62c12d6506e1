package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparkLoggingTest {
  private static final String OPTIONS = "SPARK_SUBMIT_OPTS";

  @TempDir private Path folder;

  private Map<String, String> added(Map<String, String> environment) {
    return SparkLogging.environment(new SparkHome(folder, "4.1.4", false), environment);
  }

  @Test
  void sparkWithoutSettingsGetsThoseOfTheAssembledHome() throws IOException {
    String options = added(Map.of(OPTIONS, "-Xss4m")).get(OPTIONS);

    assertThat(options).startsWith("-Xss4m -Dlog4j2.configurationFile=file:");
    Path settings = Path.of(URI.create(options.substring(options.indexOf("file:"))));
    assertThat(settings).hasSameTextualContentAs(Path.of("src/spark-home/log4j2.properties"));
  }

  @Test
  void theAssembledHomeHasItsSettings() {
    assertThat(SparkLogging.environment(new SparkHome(folder, "4.1.3", true), Map.of())).isEmpty();
  }

  @Test
  void settingsOfTheUserAreLeftAlone() throws IOException {
    assertThat(added(Map.of(OPTIONS, "-Dlog4j2.configurationFile=mine.xml"))).isEmpty();
    Path conf = Files.createDirectories(folder.resolve("conf"));
    Files.createFile(conf.resolve("log4j2.properties.template"));
    assertThat(added(Map.of())).isNotEmpty();
    Files.createFile(conf.resolve("log4j2.yaml"));
    assertThat(added(Map.of())).isEmpty();
    assertThat(added(Map.of("SPARK_CONF_DIR", folder.toString()))).isNotEmpty();
  }
}
