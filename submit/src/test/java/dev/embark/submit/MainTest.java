package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Responses of the command before Spark starts; Spark could not start, because the jar's folder has
 * none.
 */
class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int embark(String... arguments) {
    Terminal terminal = new Terminal(stream(out), stream(err), false);
    Launcher launcher = new Launcher(new Build("1", "4.1.3", Path.of("/nowhere/target/one.jar")));
    return Main.commandLine(launcher, terminal).execute(arguments);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void helpNamesEveryCommandOnStandardOutput() {
    assertThat(embark("--help")).isZero();
    assertThat(out()).contains("quickstart", "run", "sql", "model", "bench");
    assertThat(err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"quickstart", "run", "sql"})
  void everyCommandHasHelp(String command) {
    assertThat(embark(command, "--help")).isZero();
    assertThat(out()).contains("Usage: embark " + command).contains("--master");
  }

  @Test
  void importIsACommandOfModelWithArgumentsOfItsOwn() {
    assertThat(embark("model", "import", "--help")).isZero();
    assertThat(out())
        .contains("Usage: embark model import", "FOLDER FILE", "F16, F32, BF16, Q8_0")
        .doesNotContain("--master");
    assertThat(embark("model", "import", "folder")).isEqualTo(2);
    assertThat(err()).startsWith("embark model import: Missing required parameter: 'FILE'");
    assertThat(embark("model", "import", "folder", "m.gguf", "--type", "q4")).isEqualTo(2);
    assertThat(err()).contains("Invalid value for option '--type'");
  }

  @Test
  void helpOfRunGroupsOptionsAndListsExitCodes() {
    assertThat(embark("run", "--help")).isZero();

    List<String> parts =
        List.of(
            "Input and output:",
            "--input=",
            "--output=",
            "Run:",
            "--rows-per-wave=",
            "--dry-run",
            "Function:",
            "--function=",
            "--model=",
            "Display:",
            "--progress=",
            "Passed to spark-submit:",
            "--master=",
            "Exit codes: 0");
    assertThat(parts).isSortedAccordingTo(Comparator.comparingInt(part -> out().indexOf(part)));
    assertThat(parts).allSatisfy(part -> assertThat(out()).containsOnlyOnce(part));
  }

  @Test
  void modelHasHelpWithoutOptionsOfSpark() {
    assertThat(embark("model", "--help")).isZero();
    assertThat(out()).contains("Usage: embark model", "--json").doesNotContain("--master");
  }

  @Test
  void noCommandIsBadUsage() {
    assertThat(embark()).isEqualTo(2);
    assertThat(err()).contains("quickstart, run, sql, model or bench");
    assertThat(out()).isEmpty();
  }

  @Test
  void anUnknownCommandIsBadUsage() {
    assertThat(embark("rnu")).isEqualTo(2);
    assertThat(err()).contains("rnu").contains("embark --help");
  }

  @Test
  void aMisspeltOptionIsNamedWithTheNearestBeforeSparkStarts() {
    assertThat(embark("run", "--input=a", "--outptu=b")).isEqualTo(2);
    assertThat(err()).contains("embark run: ").contains("--outptu").contains("--output");
  }

  @Test
  void anOptionOfEmbedIsCheckedBeforeSparkStarts() {
    assertThat(embark("run", "--input=a", "--output=b", "--normalize=l7")).isEqualTo(2);
    assertThat(err()).contains("normalize").contains("l7");
  }

  @Test
  void anEmptyStatementIsBadUsage() {
    assertThat(embark("sql", " ")).isEqualTo(2);
    assertThat(err()).contains("statement is empty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run --input '' --output b|--input is empty; give a value or leave it out",
        "run --input a --output=|--output is empty",
        "run --input a --output b --text-column ''|--text-column is empty",
        "run --input a --output b --partition-by ''|--partition-by is empty",
        "run --input a --output b --jars ''|--jars is empty",
        "run --input a --output b --rows-per-wave 0|--rows-per-wave takes 1 or more",
        "run --input a --output b --executor-cores -1|--executor-cores takes 1 or more",
        "run --input a --output b --input-option =x|--input-option has no key before its =",
        "sql --conf =x a|--conf has no key before its =",
        "model ''|the model is empty",
        "quickstart --master ''|--master is empty",
      })
  void aValueThatNoOptionTakesIsBadUsage(String words, String sentence) {
    assertThat(embark(words.replace("''", "").split(" ", -1))).isEqualTo(2);
    assertThat(err()).contains(sentence);
  }

  @Test
  void anArgumentThatBeginsWithAtNamesNoFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("words"), "--nix");

    assertThat(embark("model", "@" + file, "another")).isEqualTo(2);
    assertThat(err()).contains("another").doesNotContain("--nix");
  }

  @Test
  void theSampleIsLookedForInTheCheckout() {
    assertThat(embark("quickstart")).isEqualTo(1);
    assertThat(err()).contains("embark quickstart: ").contains("/nowhere/sample/texts.json");
  }

  @Test
  void theBenchmarkIsLookedForInTheCheckout() {
    assertThat(embark("bench", "--rounds", "1")).isEqualTo(1);
    assertThat(err()).contains("embark bench: ").contains("/bench/run.sh").contains("checkout");
  }

  @Test
  void theBenchmarkReadsItsOwnOptions(@TempDir Path checkout) throws IOException {
    Path script = Files.createDirectories(checkout.resolve("bench")).resolve("run.sh");
    Path seen = checkout.resolve("seen");
    Files.writeString(script, "#!/bin/sh\nprintf '%s ' \"$@\" > " + seen + "\nexit 2\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Launcher launcher =
        new Launcher(new Build("1", "4.1.3", checkout.resolve("submit/target/one.jar")));
    Terminal terminal = new Terminal(stream(out), stream(err), false);

    int code =
        Main.commandLine(launcher, terminal)
            .execute("bench", "--json", "-", "--rounds=1", "--help", "--no-such-option");

    assertThat(code).isEqualTo(2);
    assertThat(seen).hasContent("--json - --rounds=1 --help --no-such-option ");
  }
}
