package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the packaged command in a separate process, as a user would. */
final class Embark {
  private static final int MINUTES = 15;
  private static final Path TARGET = Path.of(System.getProperty("embark.jar")).getParent();

  private Embark() {}

  /** Exit code and captured streams of a process. */
  record Result(int exitCode, String out, String err) {
    List<String> outLines() {
      return out.lines().toList();
    }
  }

  static Path jar() {
    return Path.of(System.getProperty("embark.jar"));
  }

  static Path sparkHome() {
    return Path.of(System.getProperty("embark.spark.home"));
  }

  static Path sample() {
    return TARGET.resolveSibling("sample").resolve("texts.json");
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Runs {@code embark} with arguments in a folder and waits for its exit. */
  static Result run(Path folder, String... arguments) throws Exception {
    List<String> words =
        new ArrayList<>(List.of(java(), "-cp", jar().toString(), "dev.embark.submit.Main"));
    words.addAll(List.of(arguments));
    return start(folder, words, Map.of());
  }

  /**
   * Starts {@code embark} in a folder with its output redirected to a file; the caller stops it.
   */
  static Process launch(Path folder, Path log, List<String> arguments) throws IOException {
    List<String> words =
        new ArrayList<>(List.of(java(), "-cp", jar().toString(), "dev.embark.submit.Main"));
    words.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return builder.start();
  }

  /** Returns the Delta and Iceberg jars, separated by commas. */
  static String tableJars() throws IOException {
    return Files.readString(TARGET.resolve("table-jars.txt")).strip();
  }

  /** Runs any command with this process's environment, but without SPARK_HOME. */
  static Result start(Path folder, List<String> words, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(TARGET, "embark", ".out");
    Path err = Files.createTempFile(TARGET, "embark", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .directory(folder.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().remove("SPARK_HOME");
      builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
      builder.environment().putAll(environment);
      Process process = builder.start();
      try {
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES))
            .as("%s ends; standard error: %s", words, Files.readString(err))
            .isTrue();
      } finally {
        process.destroyForcibly();
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** Returns the vectors of an output by id; asserts that ids are unique. */
  static Map<Long, float[]> vectors(Path output) throws Exception {
    Result result =
        run(
            TARGET,
            "sql",
            "--master=local[2]",
            "--format=json",
            "SELECT id, embedding FROM parquet.`%s`".formatted(output));
    assertThat(result.exitCode()).as(result.err()).isZero();
    Map<Long, float[]> vectors = new LinkedHashMap<>();
    for (String line : result.outLines()) {
      JsonNode row = new ObjectMapper().readTree(line);
      float[] vector = new float[row.get("embedding").size()];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = row.get("embedding").get(i).floatValue();
      }
      assertThat(vectors.put(row.get("id").longValue(), vector)).as("id twice: %s", line).isNull();
    }
    return vectors;
  }
}
