package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.llama.Gpus;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GpuBenchTest {

  private static Comparison.Outcome outcome(SideResult... results) {
    return new Comparison.Outcome(List.of(results), Map.of(), Map.of());
  }

  private static SideResult side(String name, int batch, double cosine) {
    return new SideResult(
        name,
        "short",
        2,
        1000,
        batch,
        Optional.of(new Cosines(cosine, 1)),
        List.of(Round.of(1, 1)));
  }

  @Test
  void vectorsOfTheGpuHaveToBeThoseOfTheCpu() {
    SideResult near = side("gpu-1-context", 256, 0.9991);
    SideResult far = side("gpu-2-contexts", 512, 0.9989);

    assertThatCode(() -> GpuBench.check(outcome(near, side("sentence-transformers", 32, 0.9))))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> GpuBench.check(outcome(near, far)))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith("not the CPU's: gpu-2-contexts with batches of 512");
  }

  @Test
  void whereNothingRanOnTheGpuItFails() {
    assertThatThrownBy(() -> GpuBench.check(outcome(side("cpu", 0, 1))))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("Nothing was measured on the GPU");
  }

  @Test
  void missingGpuRequirementsAreReportedAtOnce() {
    assumeTrue(Gpus.list().isEmpty(), "there is a GPU here");
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(stream, stream, false);

    int code =
        Cli.of(new GpuBench(terminal), terminal)
            .execute(
                "--name=m",
                "--gguf=m.gguf",
                "--tokenizer=t.json",
                "--wordnet=dict",
                "--rival=side.py",
                "--java-arguments=java.args",
                "--commit=abc");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("gpu.sh: There is no GPU to measure: " + Gpus.whyNone());
  }
}
