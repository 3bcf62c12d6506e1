package dev.embark.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * What one run took.
 *
 * @param way how the texts were embedded
 * @param round from 1
 * @param tokens that the model was given
 * @param seconds of wall time
 * @param cpuSeconds of all threads of this process
 */
record Measurement(String way, int round, long tokens, double seconds, double cpuSeconds) {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** A run that tells how many tokens it embedded. */
  interface Run {
    long tokens() throws Exception;
  }

  static Measurement of(String way, int round, Run run) throws Exception {
    long cpu = SYSTEM.getProcessCpuTime();
    long start = System.nanoTime();
    long tokens = run.tokens();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Measurement(way, round, tokens, seconds, (SYSTEM.getProcessCpuTime() - cpu) / 1e9);
  }

  double tokensPerSecond() {
    return tokens / seconds;
  }

  double tokensPerCpuSecond() {
    return tokens / cpuSeconds;
  }
}
