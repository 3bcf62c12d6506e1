package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.EmbedOption;
import dev.embark.spark.UdfFacts;
import dev.embark.submit.CommandFacts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

class RecipesTest {
  private static final Path FOLDER = Markdown.ROOT.resolve("submit/recipes");
  private static final Pattern CLASS = Pattern.compile("dev\\.embark(?:\\.\\w+)+");
  private static final Pattern CONF = Pattern.compile("spark\\.embark\\.(\\w+)");
  private static final Pattern OPTION = Pattern.compile("(?:^|[\\s\"])(--[a-z]+(?:-[a-z]+)*)");
  // Of spark-submit and gcloud; the others that the recipes use, Embark hands to spark-submit too.
  private static final Set<String> OF_OTHERS =
      Set.of("--class", "--cluster", "--region", "--properties");

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
  void namesClassesThatAreThere(Path file) throws IOException {
    for (MatchResult found : CLASS.matcher(Files.readString(file)).results().toList()) {
      assertThatCode(() -> Class.forName(found.group())).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void namesOptionsThatAreThere(Path file) throws IOException {
    Set<String> known =
        new HashSet<>(
            CommandFacts.command()
                .getSubcommands()
                .get("run")
                .getCommandSpec()
                .optionsMap()
                .keySet());
    known.addAll(OF_OTHERS);

    assertThat(
            Files.readString(file)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .flatMap(line -> OPTION.matcher(line).results())
                .map(found -> found.group(1)))
        .isSubsetOf(known);
  }

  @ParameterizedTest
  @MethodSource("files")
  void setsKeysOfEmbarkThatAreThere(Path file) throws IOException {
    Set<String> known =
        Stream.concat(
                Arrays.stream(EmbedOption.values())
                    .map(option -> UdfFacts.confPrefix() + option.key()),
                UdfFacts.settings().stream().map(UdfFacts.Setting::key))
            .collect(Collectors.toSet());

    assertThat(CONF.matcher(Files.readString(file)).results().map(MatchResult::group))
        .allMatch(known::contains);
  }

  @ParameterizedTest
  @MethodSource("files")
  void isListedWithHowFarItWasTried(Path file) {
    String path = FOLDER.relativize(file).toString();

    assertThat(Markdown.read(FOLDER.resolve("README.md")).text().lines())
        .filteredOn(line -> line.contains("](" + path + ")"))
        .singleElement()
        .asString()
        .containsPattern("tried here: |documentation only");
  }
}
