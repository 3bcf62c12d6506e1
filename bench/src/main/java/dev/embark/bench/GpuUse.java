package dev.embark.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Utilisation of a GPU, sampled from a program that prints one percentage per line. Knows nothing
 * where there is no such program. For one thread; ends with {@link #close}.
 */
final class GpuUse implements AutoCloseable {
  private final Process process;
  private final Thread reader;
  private final List<Sample> samples = new ArrayList<>();

  private record Sample(long nanoTime, double percent) {}

  private GpuUse(Process process) {
    this.process = process;
    this.reader = new Thread(this::read, "gpu-use");
    if (process != null) {
      reader.setDaemon(true);
      reader.start();
    }
  }

  /** Utilisation without a GPU: no samples. */
  static GpuUse none() {
    return new GpuUse(null);
  }

  /** Utilisation of the GPU with this driver index, sampled by nvidia-smi ten times a second. */
  static GpuUse ofNvidia(int device) {
    return of(
        List.of(
            "nvidia-smi",
            "--query-gpu=utilization.gpu",
            "--format=csv,noheader,nounits",
            "--loop-ms=100",
            "--id=" + device));
  }

  /** By any program; none, if it does not start. */
  static GpuUse of(List<String> command) {
    try {
      return new GpuUse(
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start());
    } catch (IOException e) {
      return none();
    }
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.strip().matches("\\d+(\\.\\d+)?")) {
          synchronized (samples) {
            samples.add(new Sample(System.nanoTime(), Double.parseDouble(line.strip())));
          }
        }
      }
    } catch (IOException e) {
      return; // the program was ended
    }
  }

  /** Number of samples. */
  int samples() {
    synchronized (samples) {
      return samples.size();
    }
  }

  /** The mean of what was printed since a {@link System#nanoTime}; empty if nothing was. */
  OptionalDouble since(long nanoTime) {
    synchronized (samples) {
      samples.removeIf(sample -> sample.nanoTime() < nanoTime);
      return samples.stream().mapToDouble(Sample::percent).average();
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
    }
  }
}
