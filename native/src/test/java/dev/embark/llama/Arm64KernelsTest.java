package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The accelerator's kernels for ARM64, compiled and run in an emulator on an x86 machine. Skipped
 * without the tools, unless {@code embark.arm64.required} is set.
 */
@Tag("native")
class Arm64KernelsTest {
  private static final Path BASE = Path.of(System.getProperty("basedir", "."));
  private static final String TOOLS = "apt-get install g++-aarch64-linux-gnu qemu-user";

  @TempDir Path dir;

  @Test
  void kernelsForArm64AreRightAndComputeTheBitsOfX86() throws Exception {
    assumeThat(System.getProperty("os.arch")).isEqualTo("amd64");
    if (!Boolean.getBoolean("embark.arm64.required")) {
      assumeThat(isInstalled("aarch64-linux-gnu-g++") && isInstalled("qemu-aarch64"))
          .as(TOOLS)
          .isTrue();
    }

    List<String> arm64 = run(BASE.resolve("src/test/arm64/check.sh"), LlamaBackend.VERSION);
    List<String> x86 = run(BASE.resolve("target/llama/accelerator-test"));

    assertThat(arm64)
        .contains("NEON f32", "NEON int16", "NEON int8")
        .last()
        .asString()
        .endsWith(" 0 wrong");
    assertThat(digests(arm64)).hasSize(3).containsAll(digests(x86));
    assertThat(digests(x86)).hasSizeGreaterThanOrEqualTo(2); // without int8 on some machines
  }

  /** Lines such as {@code digest of int16: 0123456789abcdef}, one for each arithmetic. */
  private static Set<String> digests(List<String> lines) {
    return new TreeSet<>(lines.stream().filter(line -> line.startsWith("digest of ")).toList());
  }

  private List<String> run(Path program, String... arguments) throws Exception {
    Path out = dir.resolve("out");
    ProcessBuilder builder = new ProcessBuilder(program.toString());
    builder.command().addAll(List.of(arguments));
    Process process = builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
    assertThat(process.waitFor()).as(() -> text(out)).isZero();
    return Files.readAllLines(out);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static boolean isInstalled(String program) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
