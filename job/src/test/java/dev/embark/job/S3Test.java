package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.job.cli.UserError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The job on S3A, against a server that counts its requests. */
@Tag("stores")
class S3Test {
  private static final long SEED = 20261129;
  private static final int ROWS = 200;
  private static final int KILLS = 10;
  private static final float SAME = 1e-5f;

  /** Two for each 20 seconds of a wave of four minutes. */
  private static final int REQUESTS_OF_THE_LEASE = 24;

  private static S3 s3;

  @TempDir private Path folder;

  private final Map<Integer, String> texts = new TreeMap<>();

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(LocalSpark.hasTables(), "S3A has the version of this Spark's Hadoop");
    s3 = new S3();
    Configuration conf = LocalSpark.session().sparkContext().hadoopConfiguration();
    s3.settings().forEach(conf::set);
  }

  @AfterAll
  static void stop() {
    if (s3 != null) {
      s3.close();
    }
  }

  private Runs runs(String format) {
    return new Runs(folder, format, "s3a://lake/" + UUID.randomUUID());
  }

  private String input(Runs runs, int rows) throws IOException {
    for (int id = 0; id < rows; id++) {
      texts.put(id, "text " + id);
    }
    return runs.json("in.json", texts);
  }

  private void assertSameAsUndisturbed(Runs runs) throws IOException {
    Runs calm = new Runs(Files.createDirectory(folder.resolve("calm")), "parquet");
    calm.run(calm.json("in.json", texts), "--id-column=id");
    Map<Integer, List<Float>> expected = calm.vectors();
    Map<Integer, List<Float>> actual = runs.vectors();
    assertThat(actual.keySet()).isEqualTo(texts.keySet());
    expected.forEach(
        (id, vector) -> {
          for (int i = 0; i < vector.size(); i++) {
            assertThat(actual.get(id).get(i))
                .as("id %d", id)
                .isCloseTo(vector.get(i), within(SAME));
          }
        });
  }

  private static List<String> copies(List<String> requests) {
    return requests.stream().filter(request -> request.startsWith("COPY")).toList();
  }

  @ParameterizedTest
  @CsvSource({"parquet, 36", "delta, 160", "iceberg, 140"})
  void aWaveTakesFewRequests(String format, int most) throws IOException {
    Runs runs = runs(format);
    if (format.equals("iceberg")) {
      LocalSpark.session()
          .conf()
          .set("spark.sql.catalog.cloud", "org.apache.iceberg.spark.SparkCatalog");
      LocalSpark.session().conf().set("spark.sql.catalog.cloud.type", "hadoop");
      LocalSpark.session().conf().set("spark.sql.catalog.cloud.warehouse", "s3a://lake/warehouse");
      runs = new Runs(folder, format, "cloud.db.vectors");
    }
    String input = input(runs, 4000);
    int before = s3.requests().size();

    runs.run(input, "--id-column=id", "--rows-per-wave=1000");

    List<String> all = s3.requests();
    List<Integer> versions = new ArrayList<>();
    for (int i = before; i < all.size(); i++) {
      if (all.get(i).startsWith("PUT") && all.get(i).contains("/_embark/log/")) {
        versions.add(i);
      }
    }
    // The lease, the plan, and then two for each wave: ready and committed.
    List<String> lastWave =
        all.subList(versions.get(7) + 1, versions.get(9) + 1).stream()
            .filter(request -> !request.contains("lock.json"))
            .toList();
    System.out.printf(
        "%s: %d requests for a wave of 4 files without the lease, %d copies%n",
        format, lastWave.size(), copies(lastWave).size());
    Files.write(Path.of("target/s3-wave-" + format + ".txt"), lastWave);
    assertThat(lastWave).hasSizeLessThanOrEqualTo(most);
    if (format.equals("parquet")) {
      assertThat(most + REQUESTS_OF_THE_LEASE).isLessThanOrEqualTo(60);
    }
    // Delta renames its checksum files, and Iceberg's Hadoop catalog its metadata.
    assertThat(copies(all.subList(before, all.size())))
        .noneMatch(copy -> format.equals("parquet") || copy.contains(".parquet"));
    assertThat(all.subList(before, all.size())).noneMatch(r -> r.contains("_temporary"));
    assertThat(runs.vectors()).containsOnlyKeys(texts.keySet());
  }

  @Test
  void everyIdIsThereOnceAfterTenKillsAndACopyIsNeverMade() throws Exception {
    Runs runs = runs("parquet");
    String[] options = {"--id-column=id", "--rows-per-wave=10", "--repartition=2"};
    String input = input(runs, ROWS);
    int before = s3.requests().size();
    Random random = new Random(SEED);
    for (int kill = 0; kill < KILLS; kill++) {
      // The first ones before the plan is made, which takes 100 requests, and then in the waves.
      s3.refuseAfter(kill < 2 ? random.nextInt(90) : (kill == 2 ? 120 : 40) + random.nextInt(40));
      assertThatThrownBy(() -> runs.run(input, options)).isInstanceOf(Exception.class);
      s3.accept();
      releaseDeadLease(runs);
      assertThat(runs.events).doesNotContain("finished");
    }

    runs.run(input, options);

    assertSameAsUndisturbed(runs);
    List<String> requests = s3.requests().subList(before, s3.requests().size());
    assertThat(copies(requests)).isEmpty();
    assertThat(requests).noneMatch(request -> request.contains("_temporary"));
  }

  /** Does what the guide advises where a process is known to be gone, instead of waiting for it. */
  private static void releaseDeadLease(Runs runs) throws IOException {
    org.apache.hadoop.fs.Path lock =
        new org.apache.hadoop.fs.Path(runs.output() + "/_embark/lock.json");
    lock.getFileSystem(LocalSpark.session().sparkContext().hadoopConfiguration())
        .delete(lock, false);
  }

  @Test
  void anOutputIsAppendedToAndReplaced() throws IOException {
    Runs runs = runs("parquet");
    int before = s3.requests().size();
    String query = "--query=SELECT *, concat('a b%%=', id %% 3) AS part FROM json.`%s`";
    String[] options = {"--id-column=id", "--partition-by=part", query.formatted(input(runs, 20))};
    runs.run(null, options);
    assertThatThrownBy(() -> runs.run(null, options)).isInstanceOf(UserError.class);
    texts.put(3, "another text");
    texts.put(21, "one more");
    runs.json("in.json", texts);

    runs.run(null, with(options, "--save-mode=append"));
    assertThat(runs.written().count()).isEqualTo(22);
    assertThat(runs.written().select("part").distinct().count()).isEqualTo(3);
    runs.run(null, with(options, "--save-mode=overwrite"));

    assertSameAsUndisturbed(runs);
    assertThat(copies(s3.requests().subList(before, s3.requests().size()))).isEmpty();
  }

  private static String[] with(String[] options, String more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void ofTwoProcessesThatStartAtOnceAfterAKillOneFinishesTheRun() throws Exception {
    Runs runs = runs("parquet");
    Path input = Path.of(input(runs, ROWS));
    int before = s3.requests().size();
    Process killed = start(runs, input, "killed");
    while (s3.requests().stream().skip(before).noneMatch(r -> r.contains("/wave-1-"))) {
      assertThat(killed.isAlive()).as(Files.readString(folder.resolve("killed.log"))).isTrue();
      Thread.onSpinWait();
    }
    killed.destroyForcibly().waitFor(); // SIGKILL
    releaseDeadLease(runs);

    List<Process> both = List.of(start(runs, input, "first"), start(runs, input, "second"));
    List<Integer> exits = new ArrayList<>();
    for (Process process : both) {
      exits.add(process.waitFor());
    }

    String logs =
        Files.readString(folder.resolve("first.log"))
            + Files.readString(folder.resolve("second.log"));
    assertThat(exits).as(logs).containsExactlyInAnyOrder(0, 1);
    assertThat(logs)
        .containsAnyOf("Another run", "There is something at", "Other runs are starting");
    assertSameAsUndisturbed(runs);
    assertThat(copies(s3.requests().subList(before, s3.requests().size()))).isEmpty();
  }

  private Process start(Runs runs, Path input, String name) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    // The same options as this process, without the agents of a tool.
    java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens") || argument.startsWith("-X"))
        .forEach(words::add);
    words.addAll(
        List.of(
            "-Dspark.master=local[2]",
            "-Dspark.app.name=" + name,
            "-Dspark.ui.enabled=false",
            "-Dspark.driver.host=127.0.0.1",
            "-Dspark.driver.bindAddress=127.0.0.1",
            "-Djdk.reflect.useDirectMethodHandle=false",
            "-Dio.netty.tryReflectionSetAccessible=true"));
    s3.settings().forEach((key, value) -> words.add("-Dspark.hadoop." + key + "=" + value));
    String classes =
        Stream.of("surefire.test.class.path", "java.class.path")
            .map(System::getProperty)
            .filter(path -> path != null && !path.isEmpty())
            .findFirst()
            .orElseThrow();
    words.addAll(List.of("-cp", classes.replace(File.pathSeparator + File.pathSeparator, ":")));
    words.addAll(
        List.of(
            EmbedJob.class.getName(),
            "--input=" + input,
            "--output=" + runs.output(),
            "--id-column=id",
            "--rows-per-wave=20",
            "--quiet"));
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name + ".log").toFile())
        .start();
  }
}
