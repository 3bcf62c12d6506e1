package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparkHomeTest {
  @TempDir private Path folder;

  private Path home(String name, String scala, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.createDirectories(home.resolve("jars"));
    Path submit = Files.createFile(home.resolve("bin/spark-submit"));
    assertThat(submit.toFile().setExecutable(true)).isTrue();
    Files.createFile(home.resolve("jars/spark-core_%s-%s.jar".formatted(scala, version)));
    return home;
  }

  private static Map<String, String> environment(Path home) {
    return Map.of("SPARK_HOME", home.toString());
  }

  @Test
  void withoutVariableTheAssembledHomeIsUsed() throws IOException {
    Path assembled = home("assembled", "2.13", "4.1.3");

    assertThat(SparkHome.find(Map.of("SPARK_HOME", ""), assembled))
        .isEqualTo(new SparkHome(assembled, "4.1.3", true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.5.9", "4.0.0", "4.1.3", "4.2.0-amzn-1"})
  void theUsersSparkComesFirstIfItsVersionIsServed(String version) throws IOException {
    Path own = home("own", "2.13", version);
    Path assembled = home("assembled", "2.13", "4.1.3");

    SparkHome found = SparkHome.find(environment(own), assembled);

    assertThat(found).isEqualTo(new SparkHome(own, version, false));
    assertThat(found.sparkSubmit()).isEqualTo(own.resolve("bin/spark-submit"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.4.4", "3.5", "2.4.8", "5.0.0"})
  void anotherVersionIsRefusedByName(String version) throws IOException {
    Path own = home("own", "2.13", version);

    assertThatThrownBy(() -> SparkHome.find(environment(own), own))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(version)
        .hasMessageContaining("3.5 and 4");
  }

  @Test
  void sparkForScala212IsRefusedByName() throws IOException {
    Path own = home("own", "2.12", "3.5.9");

    assertThatThrownBy(() -> SparkHome.find(environment(own), own))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Scala 2.12")
        .hasMessageContaining("2.13");
  }

  @Test
  void aVariableThatPointsElsewhereIsAnErrorAndNoSilentFallback() throws IOException {
    Path assembled = home("assembled", "2.13", "4.1.3");

    assertThatThrownBy(() -> SparkHome.find(environment(folder.resolve("nix")), assembled))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("SPARK_HOME is")
        .hasMessageContaining("bin/spark-submit");
  }

  @Test
  void aHomeWhoseLinkedJarsAreGoneIsIncomplete() throws IOException {
    Path assembled = home("assembled", "2.13", "4.1.3");
    Path core = assembled.resolve("jars/spark-core_2.13-4.1.3.jar");
    Files.delete(core);
    Files.createSymbolicLink(core, folder.resolve("nix.jar"));

    assertThatThrownBy(() -> SparkHome.find(Map.of(), assembled))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not a complete Spark");
  }

  @Test
  void nothingAtAllSaysWhatToDo() {
    assertThatThrownBy(() -> SparkHome.find(Map.of(), folder.resolve("nix")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("set SPARK_HOME");
  }
}
