package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What {@link NamesTest} does not see of the recipes. */
class RecipesTest {
  private static final Path FOLDER = Markdown.ROOT.resolve("submit/recipes");

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      return files.filter(Files::isRegularFile).filter(f -> !f.endsWith("README.md")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void isReadableInItsFormat(Path file) throws Exception {
    String text = Files.readString(file);
    String name = file.getFileName().toString();
    switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "json" -> assertThat(new ObjectMapper().readTree(text)).isNotEmpty();
      case "yaml", "yml" ->
          assertThat(new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(text)).isNotEmpty();
      case "sh" -> {
        Process bash =
            new ProcessBuilder("bash", "-n", file.toString()).redirectErrorStream(true).start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(said).isZero();
        assertThat(Files.isExecutable(file)).isTrue();
      }
      case "Dockerfile" -> assertThat(text).containsPattern("(?m)^FROM ").contains("embark-");
      default -> throw new AssertionError("No check for " + file);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void isListedWithWhetherItWasTested(Path file) {
    String path = FOLDER.relativize(file).toString();

    assertThat(Markdown.read(FOLDER.resolve("README.md")).text().lines())
        .filteredOn(line -> line.contains("](" + path + ")"))
        .singleElement()
        .asString()
        .containsPattern("\\| (yes|no); ");
  }
}
