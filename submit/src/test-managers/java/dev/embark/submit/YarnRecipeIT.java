package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipe for YARN, as a user runs it: by the spark-submit of Spark's distribution. */
@Tag("stores")
class YarnRecipeIT {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int LOOK_EVERY_MILLIS = 100;
  private static final int ROWS = 1200;
  private static final int ROWS_PER_WAVE = 100;
  private static final double SAME = 1e-5;

  @TempDir private Path folder;

  private PySpark spark;
  private MiniHadoop hadoop;
  private FileSystem files;

  @BeforeEach
  void start() throws Exception {
    spark = new PySpark();
    hadoop = new MiniHadoop(folder);
    files = hadoop.files();
  }

  @AfterEach
  void stop() {
    if (hadoop != null) {
      hadoop.close();
    }
  }

  @Test
  void everyIdIsInTheOutputOnceAlthoughAContainerWasKilled() throws Exception {
    writeTexts("/in/texts.json");
    copyModel("/models/model.gguf");
    Process recipe =
        startRecipe(
            Map.of("INPUT", "hdfs:///in", "OUTPUT", "hdfs:///out", "EXECUTORS", "2"),
            "--model=hdfs:///models/model.gguf",
            "--id-column=id",
            "--rows-per-wave=" + ROWS_PER_WAVE);
    try {
      await(recipe, "a wave is committed", () -> committedWaves() > 0);
      await(recipe, "both executors are running", () -> hadoop.executors().size() == 2);
      assertContainersAreThoseOfTheRecipe();
      int containers = hadoop.containers().size();
      hadoop.executors().get(0).destroyForcibly();
      await(recipe, "the container is replaced", () -> hadoop.containers().size() > containers);
      assertThat(recipe.waitFor(PATIENCE.toMinutes(), TimeUnit.MINUTES)).as(logs()).isTrue();
    } finally {
      recipe.destroyForcibly();
    }

    assertThat(recipe.exitValue()).as(logs()).isZero();
    assertThat(hadoop.application().getFinalApplicationStatus())
        .isEqualTo(FinalApplicationStatus.SUCCEEDED);
    assertThat(hadoop.application().getCurrentApplicationAttemptId().getAttemptId())
        .as("drivers")
        .isEqualTo(1);
    JsonNode report = readJson("/out/_embark/report.json");
    assertThat(report.at("/model/uri").asText()).isEqualTo("hdfs:///models/model.gguf");
    assertThat(report.at("/machine/master").asText()).isEqualTo("yarn");
    assertEveryIdHasItsVector();
  }

  private void writeTexts(String path) throws IOException {
    List<String> lines = Files.readAllLines(Embark.sample());
    ObjectMapper mapper = new ObjectMapper();
    try (OutputStream out = files.create(path(path))) {
      for (int id = 0; id < ROWS; id++) {
        String text = mapper.readTree(lines.get(id % lines.size())).get("text").asText();
        String row = mapper.writeValueAsString(Map.of("id", id, "text", id + " " + text));
        out.write((row + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private void copyModel(String path) throws IOException {
    try (JarFile jar = new JarFile(Embark.jar().toFile());
        InputStream model =
            jar.getInputStream(
                jar.stream().filter(e -> e.getName().endsWith(".gguf")).findFirst().orElseThrow());
        OutputStream out = files.create(path(path))) {
      model.transferTo(out);
    }
  }

  private Process startRecipe(Map<String, String> environment, String... options) throws Exception {
    Path defaults = Files.createDirectories(folder.resolve("spark-conf"));
    String java = System.getProperty("java.home");
    // What the administrator of a cluster sets: Spark's jars are on each node, and so is Java.
    Files.write(
        defaults.resolve("spark-defaults.conf"),
        List.of(
            "spark.yarn.jars local:" + spark.jars() + "/*",
            "spark.yarn.appMasterEnv.JAVA_HOME " + java,
            "spark.yarn.appMasterEnv.SPARK_LOCAL_IP 127.0.0.1",
            "spark.executorEnv.JAVA_HOME " + java));
    Path recipes = Embark.jar().getParent().resolveSibling("recipes");
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.concat(Stream.of(recipes.resolve("yarn.sh").toString()), Stream.of(options))
                    .toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("recipe.log").toFile());
    Map<String, String> all = builder.environment();
    all.remove("SPARK_HOME");
    all.put("PATH", spark.programs() + ":" + all.get("PATH"));
    all.put("JAVA_HOME", java);
    all.put("SPARK_LOCAL_IP", "127.0.0.1");
    all.put("SPARK_CONF_DIR", defaults.toString());
    all.put("HADOOP_CONF_DIR", hadoop.configurationFolder().toString());
    all.put("EMBARK_JAR", Embark.jar().toString());
    all.putAll(environment);
    return builder.start();
  }

  private void assertContainersAreThoseOfTheRecipe() throws Exception {
    // 4 GB of heap and 4 GB of overhead.
    assertThat(hadoop.memoryOfExecutors()).hasSizeGreaterThan(1).containsOnly(8192L);
    assertThat(hadoop.executors())
        .extracting(MiniHadoop::commandLine)
        .allSatisfy(line -> assertThat(line).contains("-Xmx4096m", "--cores 4"));
  }

  private int committedWaves() {
    try {
      String newest =
          Stream.of(files.listStatus(path("/out/_embark/log")))
              .map(version -> version.getPath().toUri().getPath())
              .max(Comparator.naturalOrder())
              .orElseThrow(IOException::new);
      return readJson(newest).at("/manifest/runs/0/progress/committed").asInt();
    } catch (IOException e) {
      return 0; // missing or being written
    }
  }

  private JsonNode readJson(String file) throws IOException {
    try (InputStream in = files.open(path(file))) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static org.apache.hadoop.fs.Path path(String path) {
    return new org.apache.hadoop.fs.Path(path);
  }

  private void await(Process recipe, String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      if (!recipe.isAlive()) {
        throw new AssertionError("The recipe ended before " + what + "\n" + logs());
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Waited too long until " + what + "\n" + logs());
      }
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  /** Returns what spark-submit and the driver printed. */
  private String logs() throws IOException {
    String logs = Files.readString(folder.resolve("recipe.log"));
    List<Path> containers = hadoop.containers();
    if (containers.isEmpty() || !Files.exists(containers.get(0).resolve("stderr"))) {
      return logs;
    }
    return logs + "\nDriver:\n" + Files.readString(containers.get(0).resolve("stderr"));
  }

  private void assertEveryIdHasItsVector() throws Exception {
    Embark.Result result =
        Embark.run(
            folder,
            "sql",
            "--master=local[2]",
            "--format=json",
            """
            SELECT count(*) AS rows, count(DISTINCT id) AS ids, min(id) AS first, max(id) AS last,
              count(embedding) AS vectors,
              max(aggregate(zip_with(embedding, expected, (x, y) -> abs(x - y)),
                0f, (m, d) -> greatest(m, d))) AS difference
            FROM (SELECT *, embed(text) AS expected FROM parquet.`%s`)\
            """
                .formatted(files.makeQualified(path("/out"))));
    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode found = new ObjectMapper().readTree(result.out());
    assertThat(found.get("rows").intValue()).as("rows").isEqualTo(ROWS);
    assertThat(found.get("ids").intValue()).as("distinct ids").isEqualTo(ROWS);
    assertThat(found.get("first").intValue()).as("first id").isZero();
    assertThat(found.get("last").intValue()).as("last id").isEqualTo(ROWS - 1);
    assertThat(found.get("vectors").intValue()).as("vectors").isEqualTo(ROWS);
    assertThat(found.get("difference").doubleValue()).as("difference").isLessThan(SAME);
  }
}
