package dev.embark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Machine on which a figure was measured. */
public final class Machine {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  // Instruction sets that decide which kernels of matrix products run.
  private static final List<String> INSTRUCTION_SETS =
      List.of("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_bf16", "amx_int8");

  private Machine() {}

  /** Processor, cores, instruction sets and operating system in a line. */
  public static String describe() throws IOException {
    List<String> cpuInfo =
        Files.isReadable(CPU_INFO) ? Files.readAllLines(CPU_INFO) : List.<String>of();
    return "%s, %d cores, %s %s"
        .formatted(
            processor(cpuInfo),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.version"));
  }

  /** The processor and those of its instruction sets that matter, of {@code /proc/cpuinfo}. */
  static String processor(List<String> cpuInfo) {
    String name = value(cpuInfo, "model name").orElse(System.getProperty("os.arch"));
    List<String> flags = Arrays.asList(value(cpuInfo, "flags").orElse("").split(" "));
    List<String> sets = INSTRUCTION_SETS.stream().filter(flags::contains).toList();
    return sets.isEmpty() ? name : name + " (" + String.join(" ", sets) + ")";
  }

  private static Optional<String> value(List<String> cpuInfo, String key) {
    return cpuInfo.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst();
  }
}
