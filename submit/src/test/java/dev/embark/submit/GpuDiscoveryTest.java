package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuDiscoveryTest {
  private static final Path SCRIPT = Path.of("conf", "discover-gpus").toAbsolutePath();

  @TempDir Path dir;

  private record Run(int exit, String out, String err) {}

  @Test
  void sparkReadsTheIndicesReportedByNvidiaSmi() throws Exception {
    Run run =
        discover("[ \"$*\" = '--query-gpu=index --format=csv,noheader' ] && printf '0\\n1\\n'");
    assertThat(run.exit()).as(run.err()).isZero();
    ResourceInformation gpus = ResourceInformation.parseJson(run.out());
    assertThat(gpus.name()).isEqualTo("gpu");
    assertThat(gpus.addresses()).containsExactly("0", "1");
  }

  @Test
  void aMachineWithOneGpuHasOneAddress() throws Exception {
    assertThat(ResourceInformation.parseJson(discover("echo 0").out()).addresses())
        .containsExactly("0");
  }

  @Test
  void aDriverThatDoesNotAnswerIsAnErrorThatSaysSo() throws Exception {
    Run run = discover("echo 'NVIDIA-SMI has failed'; exit 9");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("nvidia-smi failed: NVIDIA-SMI has failed");
  }

  @Test
  void aMachineWithoutADriverGetsItsOwnMessage() throws Exception {
    Run run = run(Files.createDirectory(dir.resolve("empty")).toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("is the NVIDIA driver installed?");
  }

  /** Runs the script with a fake nvidia-smi. */
  private Run discover(String nvidiaSmi) throws IOException, InterruptedException {
    Path fake = Files.writeString(dir.resolve("nvidia-smi"), "#!/bin/sh\n" + nvidiaSmi + "\n");
    Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwx------"));
    return run(dir.toString());
  }

  private Run run(String path) throws IOException, InterruptedException {
    ProcessBuilder bash = new ProcessBuilder("/bin/bash", SCRIPT.toString());
    bash.environment().put("PATH", path);
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    int exit = bash.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Run(
        exit,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }
}
