package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * User-visible behaviour of the packaged command: exit codes, standard output and standard error.
 */
class EmbarkCommandIT {
  @TempDir private Path folder;

  @Test
  void sqlAsJsonPrintsOneLineForARowAndNothingElse() throws Exception {
    Embark.Result result =
        Embark.run(folder, "sql", "SELECT embed('hello') AS e", "--format", "json");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.outLines()).hasSize(1);
    JsonNode row = new ObjectMapper().readTree(result.out());
    assertThat(row.size()).isEqualTo(1);
    assertThat(row.get("e").size()).isEqualTo(384);
    double squares = 0;
    for (JsonNode value : row.get("e")) {
      squares += value.doubleValue() * value.doubleValue();
    }
    assertThat(squares).isBetween(0.999, 1.001);
  }

  @Test
  void quickstartFindsForEachQueryTextsOfOneTopic() throws Exception {
    Map<String, String> topics = new HashMap<>();
    for (String line : Files.readAllLines(Embark.sample())) {
      JsonNode row = new ObjectMapper().readTree(line);
      topics.put(row.get("text").asText(), row.get("topic").asText());
    }

    Embark.Result result = Embark.run(folder, "quickstart");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("rows\t200\n").contains("submit/embark sql");
    List<String> nearest =
        result.outLines().stream()
            .filter(line -> line.matches("  0\\.\\d{2}  .*"))
            .map(line -> topics.get(line.substring(8)))
            .toList();
    assertThat(nearest).hasSize(9).doesNotContainNull();
    List<Set<String>> topicsByQuery =
        List.of(
            Set.copyOf(nearest.subList(0, 3)),
            Set.copyOf(nearest.subList(3, 6)),
            Set.copyOf(nearest.subList(6, 9)));
    assertThat(topicsByQuery).doesNotHaveDuplicates().allMatch(found -> found.size() == 1);
  }

  @Test
  void modelDescribesTheBuiltInModelWithoutStartingSpark() throws Exception {
    Embark.Result result = Embark.run(folder, "model", "--json");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).isEmpty();
    JsonNode model = new ObjectMapper().readTree(result.out());
    assertThat(model.get("architecture").asText()).isEqualTo("bert");
    assertThat(model.get("dimensions").asInt()).isEqualTo(384);
    assertThat(model.get("context").asInt()).isEqualTo(512);
    assertThat(model.get("pooling").asText()).isEqualTo("mean");
    assertThat(model.get("quantisation").asText()).isEqualTo("F16");
    assertThat(model.get("sha256").asText()).matches("[0-9a-f]{64}");
  }

  @Test
  void modelReadsAFileThroughTheScript() throws Exception {
    Path file = folder.resolve("-my model.gguf");
    try (JarFile jar = new JarFile(Embark.jar().toFile())) {
      JarEntry model =
          jar.stream().filter(entry -> entry.getName().endsWith(".gguf")).findFirst().orElseThrow();
      Files.copy(jar.getInputStream(model), file);
    }

    Embark.Result result =
        Embark.start(
            folder,
            List.of(script().toString(), "model", "--", file.getFileName().toString()),
            javaOfThisTest());

    assertThat(result.exitCode()).as(result.err()).isZero();
    String sha256 =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    assertThat(result.outLines())
        .contains("model\t-my model.gguf", "dimensions\t384", "sha256\t" + sha256);
  }

  /**
   * Runs under the POSIX locale, as set by cron and many container images. The text is read from a
   * file, because the locale would turn arguments into question marks, too.
   */
  @Test
  void argumentsAreReadAsUtf8WhereTheLocaleSaysNothing() throws Exception {
    Path words =
        Files.writeString(
            folder.resolve("words"), "exec '" + script() + "' model nowhere/mödel-漢.gguf\n");
    Map<String, String> environment = new HashMap<>(javaOfThisTest());
    environment.put("LC_ALL", "POSIX");

    Embark.Result result = Embark.start(folder, List.of("bash", words.toString()), environment);

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("nowhere/mödel-漢.gguf");
  }

  @Test
  void aFileThatIsNoModelIsOneSentence() throws Exception {
    Path file = Files.writeString(folder.resolve("note.gguf"), "not a model");

    Embark.Result result = Embark.run(folder, "model", file.toString());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .startsWith("embark model: ")
        .contains(file + " is not a GGUF model");
  }

  @Tag("clusters")
  @Test
  void aDryRunWritesNothingAndARunThenLeavesAReport() throws Exception {
    String[] run = {"run", "--input", Embark.sample().toString(), "--output=out"};

    Embark.Result dry = Embark.run(folder, with(run, "--dry-run", "--progress=json"));

    assertThat(dry.exitCode()).as(dry.err()).isZero();
    assertThat(folder).isEmptyDirectory();
    JsonNode estimate = new ObjectMapper().readTree(dry.out());
    assertThat(estimate.get("rows").asInt()).isEqualTo(200);
    assertThat(estimate.get("seconds").asDouble()).isPositive();

    Embark.Result result = Embark.run(folder, with(run, "--progress=json"));

    assertThat(result.exitCode()).as(result.err()).isZero();
    String last = result.err().lines().reduce((first, second) -> second).orElseThrow();
    JsonNode finished = new ObjectMapper().readTree(last);
    assertThat(finished.get("event").asText()).isEqualTo("finished");
    assertThat(finished.get("embedded").asInt()).isEqualTo(200);
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("out/_embark/report.json").toFile());
    assertThat(report.get("embark").asText()).isNotEmpty();
    assertThat(report.at("/totals/tokens").asLong())
        .isEqualTo(finished.get("tokens").asLong())
        .isEqualTo(estimate.get("tokens").asLong());
    assertThat(folder.resolve("out/_embark/report.html")).isNotEmptyFile();
  }

  private static String[] with(String[] words, String... more) {
    return Stream.of(words, more).flatMap(Stream::of).toArray(String[]::new);
  }

  /** With -Xshare:on the JVM exits if it cannot map the archive. */
  @Test
  void sparkStartsFromAnArchiveOfItsClasses() throws Exception {
    assertThat(Embark.sparkHome().resolve("classes.jsa")).exists();

    Embark.Result result =
        Embark.start(
            folder,
            List.of(Embark.sparkHome().resolve("bin/spark-submit").toString(), "--version"),
            Map.of("JDK_JAVA_OPTIONS", "-Xshare:on"));

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).contains("version");
  }

  @Tag("clusters")
  @Test
  void sqlLeavesNothingBehindInTheWorkingFolder() throws Exception {
    assertThat(Embark.run(folder, "sql", "SELECT 1 AS a").exitCode()).isZero();

    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Tag("clusters")
  @Test
  void pathsAreRelativeToTheWorkingFolderAndMayHoldSpaces() throws Exception {
    Path work = Files.createDirectories(folder.resolve("my work"));
    Files.writeString(work.resolve("my texts.txt"), "one\ntwo\n");

    Embark.Result result =
        Embark.run(work, "run", "--input", "my texts.txt", "--output", "my vectors");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("rows\t2\n").contains("my vectors");
    assertThat(work.resolve("my vectors/_SUCCESS")).exists();
  }

  @Test
  void aJobThatFailsExitsWithOneAndOneSentence() throws Exception {
    Embark.Result result = Embark.run(folder, "run", "--input=nix.json", "--output=out");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines())
        .containsExactly("embark run: There is nothing at nix.json; check --input");
  }

  @Tag("clusters")
  @Test
  void aTaskThatFailsExitsWithOneAndItsReason() throws Exception {
    Embark.Result result =
        Embark.run(folder, "sql", "SELECT raise_error(concat('it is ', id)) FROM range(1)");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("embark sql: [USER_RAISED_EXCEPTION] it is 0");
    assertThat(result.err()).doesNotContain("\tat ");
  }

  @Test
  void badUsageExitsWithTwoBeforeSparkStarts() throws Exception {
    Embark.Result result = Embark.run(folder, "run", "--inptu=a");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("--inptu").contains("--input");
  }

  @Test
  void anInvalidSparkHomeIsReportedAndNotReplaced() throws Exception {
    Embark.Result result =
        Embark.start(
            folder,
            List.of(
                Embark.java(),
                "-cp",
                Embark.jar().toString(),
                "dev.embark.submit.Main",
                "sql",
                "SELECT 1"),
            Map.of("SPARK_HOME", folder.toString()));

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("SPARK_HOME is " + folder);
  }

  @Test
  void theScriptRunsThroughALinkFromAnyFolder() throws Exception {
    Path link = folder.resolve("a link");
    Files.createSymbolicLink(link, script());

    Embark.Result result =
        Embark.start(folder, List.of(link.toString(), "--help"), javaOfThisTest());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("quickstart", "run", "sql", "model");
  }

  @Test
  void theScriptReportsAnInvalidJavaHome() throws Exception {
    Embark.Result result =
        Embark.start(
            folder,
            List.of(script().toString(), "--help"),
            Map.of("JAVA_HOME", folder.resolve("nix").toString()));

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines()).singleElement().asString().contains("JAVA_HOME is ");
  }

  private static Path script() {
    return Embark.jar().getParent().resolveSibling("embark");
  }

  private static Map<String, String> javaOfThisTest() {
    return Map.of("JAVA_HOME", System.getProperty("java.home"));
  }
}
