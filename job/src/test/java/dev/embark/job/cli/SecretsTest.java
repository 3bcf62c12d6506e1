package dev.embark.job.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.job.Captured;
import dev.embark.job.EmbedJob;
import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** A run writes and prints no credential of its command. */
class SecretsTest {
  private static final String MARK = "hunter2";

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "s3a://AKIA:hunter2@bucket/in|s3a://[redacted]@bucket/in",
        "s3a://AKIA:hunt/er2@bucket/in|s3a://[redacted]@bucket/in",
        "cannot read https://me:hunter2@host:443/a.json now|cannot read"
            + " https://[redacted]@host:443/a.json now",
        "hdfs://hunter2@namenode:8020/in|hdfs://[redacted]@namenode:8020/in",
        "ftp://me:hunt@er2@host/in|ftp://[redacted]@host/in",
        "jdbc:postgresql://h/db?user=me&password=hunter2&ssl=true|jdbc:postgresql://h/db?user=[redacted]&password=[redacted]&ssl=true",
        "jdbc:mysql://me:hunter2@h:3306/db|jdbc:mysql://[redacted]@h:3306/db",
        "jdbc:oracle:thin:scott/hunter2@//h:1521/s|jdbc:oracle:thin:[redacted]@//h:1521/s",
        "jdbc:sqlserver://h:1433;user=me;password={hunt;er2};encrypt=true|jdbc:sqlserver://h:1433;user=[redacted];password=[redacted];encrypt=true",
        "https://h/b?sv=1&sig=hunter2&se=2|https://h/b?sv=1&sig=[redacted]&se=2",
        "https://h/b?X-Amz-Credential=hunter2&X-Amz-Signature=hunter2|https://h/b?X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]",
        "Map(dbtable -> t, password -> hunter2)|Map(dbtable -> t, password -> [redacted])",
        "abfss://container@account.dfs.core.windows.net/in|abfss://container@account.dfs.core.windows.net/in",
        "http://host:8080/a@b.json|http://host:8080/a@b.json",
        "batchTokens=4096 is too few for maxTokens=512|batchTokens=4096 is too few for"
            + " maxTokens=512",
        "file:/data/in.json|file:/data/in.json",
      })
  void credentialsInATextAreReplaced(String text, String expected) {
    assertThat(Secrets.redacted(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "password",
        "sslPassword",
        "pwd",
        "token",
        "client_secret",
        "fs.s3a.access.key",
        "apiKey",
        "secretKey",
        "fs.azure.account.key.x",
        "private-key",
        "credentialsFile",
        "sas",
        "key"
      })
  void optionsThatHoldCredentialsAreKnownByName(String option) {
    assertThat(Secrets.isSecret(spark, option)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"url", "dbtable", "header", "multiLine", "pathGlobFilter", "compass"})
  void otherOptionsAreNot(String option) {
    assertThat(Secrets.isSecret(spark, option)).isFalse();
  }

  private String input() throws IOException {
    return Files.write(folder.resolve("in.json"), List.of("{\"id\":1,\"text\":\"one\"}"))
        .toString();
  }

  private String everythingBelow(Path root) throws IOException {
    StringBuilder all = new StringBuilder();
    try (var files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(file).append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  private EmbedJob job(Captured captured, String... arguments) {
    EmbedJob job = new EmbedJob(captured.terminal());
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--output", folder.resolve("out").toString(), "--id-column=id"));
    new CommandLine(job).parseArgs(all.toArray(String[]::new));
    return job;
  }

  /** Checks a stopped and a completed run. */
  @Test
  void noFileAndNoLineOfARunHasAValueOfItsArguments() throws IOException {
    Captured captured = new Captured(false);
    String[] options = {
      "--input=" + input(), "--input-option=password=" + MARK, "--input-option=dateFormat=" + MARK
    };
    String[] stopping = {"--max-tokens=2", "--long-text=error", "--max-failed=0"};
    List<String> strict = new ArrayList<>(List.of(options));
    strict.addAll(List.of(stopping));

    assertThatThrownBy(() -> job(captured, strict.toArray(String[]::new)).run(spark))
        .hasMessageContaining("--max-failed");
    assertThat(everythingBelow(folder.resolve("out")))
        .contains("--input-option dateFormat")
        .doesNotContain(MARK);
    String query = "--query=SELECT 1 AS id, 'a' AS text, length('%s') AS n".formatted(MARK);
    job(captured, query, "--save-mode=OVERWRITE").run(spark);

    assertThat(everythingBelow(folder.resolve("out"))).doesNotContain(MARK);
    assertThat(captured.err() + captured.out()).doesNotContain(MARK);
  }

  @Test
  void aCommandWithOtherArgumentsIsRefusedByTheirNames() throws IOException {
    Captured captured = new Captured(false);
    String[] first = {
      "--input=" + input(),
      "--input-option=password=a",
      "--input-option=dateFormat=yyyy",
      "--max-tokens=2",
      "--long-text=error",
      "--max-failed=0"
    };
    assertThatThrownBy(() -> job(captured, first).run(spark)).hasMessageContaining("1 of 1 rows");

    first[1] = "--input-option=password=changed";
    assertThatThrownBy(() -> job(captured, first).run(spark)).hasMessageContaining("1 of 1 rows");
    first[2] = "--input-option=dateFormat=MM";
    first[3] = "--max-tokens=3";
    assertThatThrownBy(() -> job(captured, first).run(spark))
        .hasMessageContaining("Another command was interrupted")
        .hasMessageContaining("another --input-option dateFormat, --option maxTokens;");
  }

  @Test
  void aRunOfAnEarlierVersionIsResumedAndItsArgumentsAreForgotten() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String in = runs.json("in.json", new TreeMap<>(Map.of(1, "one", 2, "two", 3, "three")));
    String[] options = {"--id-column=id", "--input-option=dateFormat=" + MARK, "--rows-per-wave=1"};
    runs.atWaveStart =
        () -> {
          if (runs.events.contains("committed 0")) {
            throw new UserError("stop");
          }
        };
    assertThatThrownBy(() -> runs.run(in, options)).hasMessageContaining("stop");
    runs.atWaveStart = () -> {};
    storeAsAnEarlierVersion(
        runs,
        "--input=%s\n--id-column=id\n--input-option=dateFormat=%s\nparquet [] embedding false false "
            .formatted(in, MARK));

    assertThatThrownBy(() -> runs.run(in, "--id-column=id"))
        .hasMessageContaining("Another command was interrupted");
    runs.run(in, options);

    assertThat(runs.vectors()).hasSize(3);
    assertThat(runs.events).containsOnlyOnce("committed 0");
    try (Stream<Path> files = Files.walk(runs.state())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as("%s", file)
            .doesNotContain(MARK);
      }
    }
  }

  /** Turns the log of a run into the manifest of an earlier version with the command in it. */
  private static void storeAsAnEarlierVersion(Runs runs, String command) throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode state = json.readTree(runs.newestVersion().toFile()).get("manifest");
    ObjectNode run = (ObjectNode) state.at("/runs/0");
    JsonNode progress = run.remove("progress");
    run.remove("arguments");
    run.put("command", command + run.get("fingerprint").asText());
    Path plan = runs.state().resolve("run-%s/plan.json".formatted(run.get("id").asText()));
    ArrayNode waves = (ArrayNode) json.readTree(plan.toFile());
    Files.delete(plan);
    for (JsonNode wave : waves) {
      boolean isCommitted = wave.get("number").asInt() < progress.get("committed").asInt();
      ((ObjectNode) wave).put("state", isCommitted ? "COMMITTED" : "PLANNED");
      ((ObjectNode) wave).set("totals", isCommitted ? progress.get("totals") : null);
    }
    run.set("waves", waves);
    Files.writeString(
        runs.state().resolve("manifest.json"), ((ObjectNode) state).put("version", 2).toString());
    try (Stream<Path> versions = Files.list(runs.state().resolve("log"))) {
      for (Path version : versions.toList()) {
        Files.delete(version);
      }
    }
  }
}
