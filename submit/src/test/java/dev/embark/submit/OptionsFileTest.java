package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.OptionList;
import dev.embark.job.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Before the first build, the script rejects the same arguments as the command. */
class OptionsFileTest {
  private static final Path SCRIPT = Path.of("embark");

  @TempDir private Path clone;

  private static CommandLine command() {
    Terminal terminal =
        new Terminal(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            false);
    Launcher launcher = new Launcher(new Build("1", "4.1.3", Path.of("/nowhere/target/one.jar")));
    return Main.commandLine(launcher, terminal);
  }

  @Test
  void theFileHasTheOptionsOfTheCommands() {
    List<String> lines = new ArrayList<>();
    for (String name : List.of("model", "quickstart", "run", "sql")) {
      lines.addAll(OptionList.of(name, command().getSubcommands().get(name)));
    }

    assertThat(Path.of("options")).hasContent(String.join("\n", lines));
  }

  /** Runs the script outside a Maven project, so that a build would fail. */
  private String run(int expected, String... arguments) throws IOException, InterruptedException {
    Path submit = Files.createDirectories(clone.resolve("submit"));
    for (String name : List.of("embark", "arguments.sh", "options")) {
      Path copy = Files.copy(SCRIPT.resolveSibling(name), submit.resolve(name));
      assertThat(copy.toFile().setExecutable(true)).isTrue();
    }
    Path bench = Files.createDirectories(clone.resolve("bench"));
    for (String name : List.of("run.sh", "gpu.sh", "common.sh", "options")) {
      Files.copy(Path.of("../bench", name), bench.resolve(name));
    }
    List<String> words = new ArrayList<>(List.of("bash"));
    words.add(
        arguments[0].endsWith(".sh")
            ? bench.resolve(arguments[0]).toString()
            : submit.resolve("embark").toString());
    words.addAll(
        arguments[0].endsWith(".sh")
            ? List.of(arguments).subList(1, arguments.length)
            : List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(out).isEqualTo(expected);
    return out;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bench --json|embark bench: Missing required parameter for option '--json'",
        "bench --json --rounds 2|embark bench: Missing required parameter for option '--json'",
        "bench --rounds=two|embark bench: Invalid value for option '--rounds': 'two' is no whole number of 1 or more",
        "bench --seconds 1.x|embark bench: Invalid value for option '--seconds': '1.x' is no number",
        "bench --nix|embark bench: Unknown option: '--nix'",
        "bench --json a --rounds 1 --json b|embark bench: The option '--json' should be given only once",
        "bench --json ''|embark bench: --json is empty; give a value or leave it out",
        "bench --rounds ''|embark bench: Invalid value for option '--rounds'",
        "bench --rounds 0|embark bench: Invalid value for option '--rounds'",
        "bench ''|embark bench: An argument is empty",
        "bench --sides engine,nix|embark bench: Invalid value for option '--sides': expected some of",
        "bench fast|embark bench: Unmatched argument: 'fast'",
        "run.sh --json|embark bench: Missing required parameter for option '--json'",
        "gpu.sh --backend|bench/gpu.sh: Missing required parameter for option '--backend'",
        "gpu.sh --backend rocm|bench/gpu.sh: --backend is cuda or vulkan, not rocm",
        "gpu.sh --contexts|bench/gpu.sh: Missing required parameter for option '--contexts'",
        "run --input a|embark run: Missing required option: '--output'",
        "run --input a --outptu b|embark run: Unknown option: '--outptu'",
        "run --output b --rows-per-wave x|embark run: Invalid value for option '--rows-per-wave'",
        "run --output b --save-mode nix|embark run: Invalid value for option '--save-mode'",
        "run --output b --conf nix|embark run: Invalid value for option '--conf'",
        "run --output b --dedupe=1|embark run: The option '--dedupe' takes no value",
        "run --output b --dedupe --dedupe|embark run: The option '--dedupe' should be given only once",
        "run --output b --rows-per-wave -3|embark run: Invalid value for option '--rows-per-wave'",
        "run --output b --input ''|embark run: --input is empty; give a value or leave it out",
        "run --output=|embark run: --output is empty; give a value or leave it out",
        "run --output b --conf =c|embark run: Invalid value for option '--conf'",
        "run --output b more|embark run: Unmatched argument: 'more'",
        "run --output b|embark run: give --input, a path or table, or --query",
        "run --output b --input a --query=c|embark run: --input and --query are both given",
        "run --output b --input a --retry-quarantined|embark run: --retry-quarantined finds rows by",
        "sql|embark sql: Missing required parameter",
        "sql ''|embark sql: An argument is empty",
        "sql a b|embark sql: Unmatched argument: 'b'",
        "sql -- a b|embark sql: 2 arguments are too many",
        "model a b|embark model: Unmatched argument: 'b'",
        "quickstart --nix|embark quickstart: Unknown option: '--nix'",
        "rnu|embark: Unmatched argument: 'rnu'",
        "--nix|embark: Unknown option: '--nix'",
      })
  void aWrongArgumentIsRefusedBeforeAnythingIsBuilt(String words, String sentence)
      throws Exception {
    String[] arguments = words.replace("''", "").split(" ", -1);

    assertThat(run(2, arguments)).startsWith(sentence).contains(" --help\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run --output b --input a --rows-per-wave=5 --save-mode OVERWRITE --conf a=b=c --conf d= --prefix --x",
        "sql --format JSON -- --comment",
        "model",
        "quickstart --master local[1]",
        "run --help",
        "--version"
      })
  void validOptionsProceedToTheBuild(String words) throws Exception {
    // In an empty folder the build fails, which shows that the script tried to build.
    assertThat(run(1, words.split(" "))).contains("Building Embark");
  }
}
