package dev.embark.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * Result of a side on a corpus.
 *
 * @param texts of each round
 * @param tokens of these texts
 * @param batch how much it embedded at once, in its own unit; 0 for its default
 * @param cosines to the reference; empty without one
 */
record SideResult(
    String side,
    String corpus,
    int texts,
    long tokens,
    int batch,
    Optional<Cosines> cosines,
    List<Round> rounds) {

  /** The median over the rounds. */
  double tokensPerSecond() {
    return tokens / median(Round::seconds);
  }

  /** The median over the rounds, by the processor time of all threads. */
  double tokensPerCpuSecond() {
    return tokens / median(Round::cpuSeconds);
  }

  /** Percent of the time in which the GPU computed, the mean over the rounds that know it. */
  OptionalDouble gpuUse() {
    return rounds.stream().flatMapToDouble(round -> round.gpuUse().stream()).average();
  }

  private double median(ToDoubleFunction<Round> figure) {
    double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
