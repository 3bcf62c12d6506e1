package dev.embark.llama;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether {@code precision=fast} is faster than {@code exact} on this type of CPU. The rule that
 * selects the kernels may not fit a CPU that nobody has measured, so each type is measured once and
 * the result kept in a file. Measurements vary, so only a clear result overrules the rule.
 */
record SpeedCheck(Path directory, List<String> cpuinfo) {
  private static final Logger LOG = LoggerFactory.getLogger(SpeedCheck.class);
  private static final double CLEARLY_SLOWER = 1.2;
  private static final List<String> TYPE = List.of("vendor_id", "cpu family", "model", "stepping");

  /** Returns the check of this machine, whose results are kept in {@code directory}. */
  static SpeedCheck in(Path directory) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return new SpeedCheck(directory, lines.takeWhile(line -> !line.isEmpty()).toList());
    } catch (IOException e) {
      return new SpeedCheck(directory, List.of());
    }
  }

  /**
   * Returns whether {@code fast} takes clearly longer than {@code exact}.
   *
   * @param kernels name of the kernels of {@code fast}
   * @param ratio measures the time of {@code fast} as a multiple of that of {@code exact}
   */
  boolean isFastSlower(String kernels, DoubleSupplier ratio) {
    Path file = file(kernels);
    double known = read(file);
    if (known > 0) {
      return known > CLEARLY_SLOWER;
    }
    double measured = ratio.getAsDouble();
    write(file, measured);
    return measured > CLEARLY_SLOWER;
  }

  /** Returns the file with the ratio for this type of CPU. */
  Path file(String kernels) {
    String type =
        TYPE.stream()
            .map(
                key ->
                    cpuinfo.stream()
                        .filter(line -> line.matches(key + "\\s*:.*"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst()
                        .orElse(null))
            .filter(Objects::nonNull)
            .collect(Collectors.joining("-"));
    return directory.resolve(("speed-" + type + "-" + kernels).replaceAll("[^A-Za-z0-9-]", "_"));
  }

  private static double read(Path file) {
    try {
      return Double.parseDouble(Files.readString(file).strip());
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  private static void write(Path file, double ratio) {
    try {
      Path written = Files.createTempFile(file.getParent(), "speed", ".new");
      Files.write(written, Double.toString(ratio).getBytes(StandardCharsets.UTF_8));
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.debug("{} could not be written, so the next process measures again", file, e);
    }
  }
}
