package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job on a real cluster produces the same rows as on one machine. */
@Tag("clusters")
class ClusterIT {
  private static final double SAME = 0.99999;

  @TempDir private static Path folder;
  private static Cluster cluster;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = Cluster.start(folder, 2);
  }

  @AfterAll
  static void stopCluster() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void theRecipeForStandaloneClustersEmbedsTheSample() throws Exception {
    Path output = folder.resolve("recipe");

    Embark.Result result =
        Embark.start(
            folder,
            List.of(Embark.jar().getParent().resolveSibling("recipes/standalone.sh").toString()),
            Map.of(
                "SPARK_HOME", Embark.sparkHome().toString(),
                "EMBARK_JAR", Embark.jar().toString(),
                "MASTER", cluster.url(),
                "EXECUTOR_MEMORY", "1000M",
                "INPUT", Embark.sample().toString(),
                "OUTPUT", output.toString()));

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("rows\t200\n");
    assertThat(output.resolve("_SUCCESS")).exists();
  }

  @Test
  void aClusterOfTwoWorkersWritesTheRowsOfALocalRun() throws Exception {
    Path local = folder.resolve("local");
    Path spread = folder.resolve("spread");
    int before0 = cluster.executorsOf(0).size();
    int before1 = cluster.executorsOf(1).size();

    Embark.Result result = run(spread, cluster.url());

    assertThat(result.out())
        .contains("rows\t200\n")
        .containsPattern("tokens\t[1-9]\\d*\n")
        .contains("output\tfile:" + spread);
    assertThat(cluster.executorsOf(0)).as("executors of worker 0").hasSizeGreaterThan(before0);
    assertThat(cluster.executorsOf(1)).as("executors of worker 1").hasSizeGreaterThan(before1);
    run(local, "local[2]");

    Map<Long, float[]> expected = Embark.vectors(local);
    Map<Long, float[]> actual = Embark.vectors(spread);
    Long[] ids =
        LongStream.rangeClosed(1, Files.readAllLines(Embark.sample()).size())
            .boxed()
            .toArray(Long[]::new);
    assertThat(actual).containsOnlyKeys(ids);
    assertThat(expected).containsOnlyKeys(ids);
    actual.forEach(
        (id, vector) ->
            assertThat(cosine(vector, expected.get(id))).as("id %d", id).isGreaterThan(SAME));
    // Guards the comparison above, which identical vectors would make meaningless.
    assertThat(cosine(actual.get(1L), actual.get(200L))).isLessThan(0.9);
  }

  private Embark.Result run(Path output, String master) throws Exception {
    Embark.Result result =
        Embark.run(
            folder,
            "run",
            "--master=" + master,
            "--executor-memory=1000M",
            "--input=" + Embark.sample(),
            "--text-column=text",
            "--id-column=id",
            "--output=" + output);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result;
  }

  private static double cosine(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b).hasSize(384);
    double dot = 0;
    double squaresOfA = 0;
    double squaresOfB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresOfA += (double) a[i] * a[i];
      squaresOfB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(squaresOfA * squaresOfB);
  }
}
