package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchReportTest {

  private final BenchReport report =
      new BenchReport(
          Map.of("machine", "a \"fast\" one"),
          Map.of("Spark", 2.5),
          List.of(
              new Measurement("engine", 1, 1000, 1, 2),
              new Measurement("job", 1, 1000, 2, 4),
              new Measurement("engine", 2, 1000, 0.5, 1),
              new Measurement("job", 2, 1000, 1, 2.5),
              new Measurement("engine", 3, 1000, 10, 10),
              new Measurement("job", 3, 1000, 1.25, 2)));

  @Test
  void figuresAreMediansOverTheRounds() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    report.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));

    assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "machine\ta \"fast\" one",
            "Spark\t2.500 s",
            "way\ttokens/s\ttokens/CPU-s",
            "engine\t1000\t500",
            "job\t800\t400",
            "job / engine\t0.800");
  }

  @Test
  void jsonHasEveryRound() {
    assertThat(report.json())
        .contains("\"machine\": \"a \\\"fast\\\" one\"")
        .contains("\"job / engine\": 0.800")
        .contains(
            "{\"way\": \"job\", \"round\": 3, \"tokens\": 1000, \"seconds\": 1.250, \"cpuSeconds\": 2.000}")
        .startsWith("{\n")
        .endsWith("]\n}\n");
  }
}
