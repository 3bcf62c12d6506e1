package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job on a real cluster gives the rows that it gives on one machine. */
class ClusterIT {
  private static final double SAME = 0.99999;

  @TempDir private Path folder;

  @Test
  void aClusterOfTwoWorkersWritesTheRowsOfALocalRun() throws Exception {
    Path local = folder.resolve("local");
    Path spread = folder.resolve("spread");
    try (Cluster cluster = Cluster.start(folder, 2)) {
      Embark.Result result = run(spread, cluster.url());

      assertThat(result.out())
          .contains("rows\t200\n")
          .containsPattern("tokens\t[1-9]\\d*\n")
          .contains("output\tfile:" + spread);
      assertThat(cluster.executorsOf(0)).as("executors of the first worker").isNotEmpty();
      assertThat(cluster.executorsOf(1)).as("executors of the second worker").isNotEmpty();
    }
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
    // Were all vectors alike, the comparison above would show nothing.
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
