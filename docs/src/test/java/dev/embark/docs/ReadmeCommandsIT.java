package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.submit.CommandFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of the README in their order, as one who reads it does. Those that would
 * install packages or take many minutes are held to what they name instead.
 */
@Tag("guides")
class ReadmeCommandsIT {
  private static final Markdown README = Markdown.of("README.md");
  private static final String BENCH = "submit/embark bench";
  private static final int MINUTES = 10;

  @TempDir private static Path folder;
  private static final Map<String, String> OUTPUTS = new LinkedHashMap<>();

  private static Stream<String> commands() {
    return README.blocks("sh").stream().map(String::strip);
  }

  private static boolean isRun(String command) {
    return command.matches("(submit/embark|spark-submit) .*") && !command.equals(BENCH);
  }

  @BeforeAll
  static void runTheCommands() throws Exception {
    Files.createSymbolicLink(folder.resolve("submit"), Markdown.ROOT.resolve("submit"));
    for (String command : commands().filter(ReadmeCommandsIT::isRun).toList()) {
      OUTPUTS.put(command, run(command));
    }
  }

  @Test
  void theOutputShownIsTheOutputSeen() {
    String shown = README.blocks("text").get(0);

    assertThat(outputOf("submit/embark quickstart"))
        .containsPattern(
            Stream.of(shown.stripTrailing().split("…", -1))
                .map(part -> part.replaceAll(" +", " "))
                .map(Pattern::quote)
                .reduce((a, b) -> a + "[\\s\\S]*" + b)
                .orElseThrow());
  }

  @Test
  void theJobReportsItsRowsAndTheSearchFindsThree() {
    assertThat(outputOf("submit/embark run")).contains("rows 200");
    assertThat(outputOf("submit/embark sql").lines()).hasSize(3).allMatch(l -> l.startsWith("{"));
    assertThat(outputOf("spark-submit")).contains("384");
  }

  @Test
  void commandsThatAreNotRunNameExistingThings() throws IOException {
    for (String command : commands().filter(c -> !isRun(c)).toList()) {
      switch (command) {
        // This very test is a part of it.
        case "mvn verify" ->
            assertThat(Markdown.of(".ci/run").text()).contains("mvn -B -ntp verify");
        case "mvn package -Pscala-2.12 -DskipTests" ->
            assertThat(Markdown.of("pom.xml").text()).contains("<id>scala-2.12</id>");
        // The group python builds and installs the package.
        case "python3 -m pip install ./python 'pyspark[connect]'" ->
            assertThat(Markdown.of("python/pyproject.toml").text())
                .contains("name = \"embark-spark\"", "pyspark[connect]");
        case BENCH -> assertThat(CommandFacts.command().getSubcommands()).containsKey("bench");
        // The script names the same packages to those who lack them.
        case "apt-get install openjdk-17-jdk maven npm git g++" ->
            assertThat(Markdown.of("submit/embark").text())
                .contains("openjdk-17-jdk", "maven", "npm", "git", "g++");
        default -> throw new AssertionError("No test runs or checks: " + command);
      }
    }
  }

  private static String outputOf(String beginning) {
    return OUTPUTS.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(beginning))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow()
        .replaceAll("[ \\t]+", " ");
  }

  private static String run(String command) throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", command.replace("linux-x86_64", platform()))
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    Map<String, String> environment = builder.environment();
    environment.remove("SPARK_HOME");
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.merge("PATH", sparkHome().resolve("bin").toString(), (old, bin) -> bin + ":" + old);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as("%s: %s", command, Files.readString(err)).isZero();
    return Files.readString(out);
  }

  private static String platform() {
    return System.getProperty("os.arch").equals("aarch64") ? "linux-arm64" : "linux-x86_64";
  }

  private static Path sparkHome() throws IOException {
    try (Stream<Path> homes = Files.list(Markdown.ROOT.resolve("submit/target"))) {
      return homes
          .filter(home -> Files.isExecutable(home.resolve("bin/spark-submit")))
          .findFirst()
          .orElseThrow(() -> new AssertionError("submit was not built; mvn verify builds it"));
    }
  }
}
