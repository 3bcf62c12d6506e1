package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.embark.engine.options.ClassifyOption;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.RerankOption;
import dev.embark.spark.UdfFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever guides, notebooks, confs and recipes name is there in the code. That everything of the
 * code is named in the documentation, {@link ReferenceTest} sees to.
 */
class NamesTest {
  private static final Pattern CLASS = Pattern.compile("\\bdev\\.embark(?:\\.[a-z]+)+\\.[A-Z]\\w+");
  private static final Pattern CONF =
      Pattern.compile(
          "\\bspark\\.embark\\.(?:(?:classify|generate|rerank)\\.\\w+|(?!classify\\.|generate\\.|rerank\\.)\\w+)");
  private static final Pattern ARGUMENT = Pattern.compile("(?<![\\w-])--[a-z]+(?:-[a-z0-9]+)*");
  private static final Pattern MAP = Pattern.compile("\\bmap\\(([^()]*)\\)");
  private static final Pattern QUOTED = Pattern.compile("'([^']*)'");
  private static final Pattern FUNCTION = Pattern.compile("\\b((?:embed|generate)(?:_\\w+)?)\\(");
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))`");

  // Of spark-submit, gcloud, docker, java, apt and llama-gguf-split.
  private static final Set<String> OF_OTHERS =
      Set.of(
          "--class",
          "--cluster",
          "--region",
          "--properties",
          "--properties-file",
          "--files",
          "--merge",
          "--from",
          "--version",
          "--sun-misc-unsafe-memory-access");

  private static Set<String> tests;
  private static Set<String> arguments;

  @BeforeAll
  static void readTheNamesOfTheSources() throws IOException {
    List<Path> java = Markdown.files(".java");
    tests =
        java.stream()
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .filter(name -> name.endsWith("Test") || name.endsWith("IT"))
            .collect(Collectors.toSet());
    tests.add("FooTest"); // the example in CONTRIBUTING
    arguments = new HashSet<>(OF_OTHERS);
    for (Path file : java) {
      if (file.toString().contains("src/main")) {
        Pattern.compile("\"(--[a-z-]+)\"")
            .matcher(Files.readString(file))
            .results()
            .forEach(found -> arguments.add(found.group(1)));
      }
    }
    // Those that scripts of bench/ take themselves: the patterns of a case.
    for (Path file : Markdown.files(".sh")) {
      if (file.startsWith(Markdown.ROOT.resolve("bench"))) {
        Pattern.compile("^ +(--[a-z-]+(?: \\| --[a-z-]+)*)\\)", Pattern.MULTILINE)
            .matcher(Files.readString(file))
            .results()
            .forEach(found -> arguments.addAll(List.of(found.group(1).split(" \\| "))));
      }
    }
  }

  static List<Path> files() throws IOException {
    return Markdown.files(
            ".md", ".sql", ".scala", ".py", ".conf", ".json", ".yml", ".yaml", ".sh", "Dockerfile")
        .stream()
        .filter(
            file ->
                Stream.of("README.md", "docs", "notebooks", "submit", "CONTRIBUTING.md")
                    .anyMatch(part -> file.startsWith(Markdown.ROOT.resolve(part))))
        .filter(file -> !file.toString().contains("/src/"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyKeyOfTheConfIsThere(Path file) throws IOException {
    Set<String> known =
        Stream.of(
                Arrays.stream(EmbedOption.values()).map(o -> UdfFacts.confPrefix() + o.key()),
                Arrays.stream(GenerateOption.values())
                    .map(o -> UdfFacts.generateConfPrefix() + o.key()),
                Arrays.stream(RerankOption.values())
                    .map(o -> UdfFacts.rerankConfPrefix() + o.key()),
                Arrays.stream(ClassifyOption.values())
                    .map(o -> UdfFacts.classifyConfPrefix() + o.key()),
                UdfFacts.settings().stream().map(UdfFacts.Setting::key),
                Stream.of(UdfFacts.progressConf()))
            .flatMap(keys -> keys)
            .collect(Collectors.toSet());

    assertThat(found(CONF, file)).isSubsetOf(known);
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyArgumentOfTheCommandIsThere(Path file) throws IOException {
    assertThat(found(ARGUMENT, file)).isSubsetOf(arguments);
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyOptionAndFunctionOfSqlIsThere(Path file) throws IOException {
    Set<String> options =
        Stream.<FunctionOption[]>of(
                EmbedOption.values(),
                GenerateOption.values(),
                RerankOption.values(),
                ClassifyOption.values())
            .flatMap(Arrays::stream)
            .map(option -> option.key().toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    Set<String> functions =
        UdfFacts.functions().stream().map(ExpressionInfo::getName).collect(Collectors.toSet());
    String text = Files.readString(file);

    for (MatchResult map : MAP.matcher(text).results().toList()) {
      List<String> words =
          QUOTED.matcher(map.group(1)).results().map(found -> found.group(1)).toList();
      for (int i = 0; i < words.size(); i += 2) {
        assertThat(options).contains(words.get(i).toLowerCase(Locale.ROOT));
      }
    }
    assertThat(FUNCTION.matcher(text).results().map(found -> found.group(1))).isSubsetOf(functions);
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyClassAndEveryTestIsThere(Path file) throws IOException {
    for (String name : found(CLASS, file)) {
      assertThatCode(() -> Class.forName(name)).as(name).doesNotThrowAnyException();
    }
    assertThat(TEST.matcher(Files.readString(file)).results().map(found -> found.group(1)))
        .isSubsetOf(tests);
  }

  @Test
  void namesThatAreNotThereAreFound() {
    assertThat(arguments).contains("--text-column", "--save").doesNotContain("--text-colum");
    assertThat(tests).contains("NamesTest").doesNotContain("NamezTest");
  }

  private static Set<String> found(Pattern pattern, Path file) throws IOException {
    return pattern
        .matcher(Files.readString(file))
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }
}
