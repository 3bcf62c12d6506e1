package dev.embark.bench;

import java.util.OptionalDouble;

/**
 * Duration of one round of a side.
 *
 * @param seconds of wall time
 * @param cpuSeconds of all threads of its process
 * @param gpuUse percent of the time in which the GPU computed; empty where that is not known
 */
record Round(double seconds, double cpuSeconds, OptionalDouble gpuUse) {

  /** A round on CPUs. */
  static Round of(double seconds, double cpuSeconds) {
    return new Round(seconds, cpuSeconds, OptionalDouble.empty());
  }

  Round withGpuUse(OptionalDouble percent) {
    return new Round(seconds, cpuSeconds, percent);
  }
}
