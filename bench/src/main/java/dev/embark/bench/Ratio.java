package dev.embark.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A side's speed in that of another.
 *
 * @param name as in the results
 * @param side the numerator
 * @param to the denominator
 * @param measure by what they are compared
 * @param goal what it shall be at least, where there is such a goal
 */
record Ratio(String name, String side, String to, Measure measure, Optional<Goal> goal) {

  /**
   * Target of a ratio.
   *
   * @param atLeast its least value
   * @param only the name of the one corpus that it is about, if not all
   */
  record Goal(double atLeast, Optional<String> only) {
    static Optional<Goal> everywhere(double atLeast) {
      return Optional.of(new Goal(atLeast, Optional.empty()));
    }

    static Optional<Goal> on(String corpus, double atLeast) {
      return Optional.of(new Goal(atLeast, Optional.of(corpus)));
    }

    @Override
    public String toString() {
      return "≥ " + atLeast + only.map(corpus -> ", " + corpus).orElse("");
    }
  }

  /** Kinds of speed. */
  enum Measure {
    /** Cost of a text. */
    CPU("tokens/CPU-s", SideResult::tokensPerCpuSecond),
    /** Elapsed time, for sides that use several cores. */
    WALL("tokens/s", SideResult::tokensPerSecond);

    private final String unit;
    private final ToDoubleFunction<SideResult> speed;

    Measure(String unit, ToDoubleFunction<SideResult> speed) {
      this.unit = unit;
      this.speed = speed;
    }

    String unit() {
      return unit;
    }
  }

  /** All of the comparison on CPUs, those with a goal first. */
  static final List<Ratio> ALL =
      List.of(
          cpu("engine", "onnxruntime-f32", 2.5),
          cpu("engine", "openvino-f32", 2.5),
          cpu("engine", "onnxruntime-int8", 1.0),
          cpu("engine", "openvino-int8", 1.0),
          cpu("engine-int8", "onnxruntime-int8", 1.3),
          cpu("engine-int8", "openvino-int8", 1.3),
          cpu("engine", "engine-exact", 1.0),
          cpu("engine-avx2", "onnxruntime-f32", 1.3),
          cpu("engine-avx2", "openvino-f32", 1.3),
          cpu("plain-engine", "raw-llama", 1.0),
          cpu("spark", "engine", 0.95),
          // With a few long texts, a job mostly moves files.
          new Ratio("job/engine", "job", "engine", Measure.CPU, Goal.on(Comparison.SHORT, 0.90)),
          new Ratio(
              "two-tasks/one-task", "spark", "spark-one-task", Measure.WALL, Goal.everywhere(1.9)),
          new Ratio("spark-sum/engine", "spark-sum", "engine", Measure.WALL, Goal.everywhere(0.95)),
          new Ratio("two-engines/engine", "two-engines", "engine", Measure.WALL, Optional.empty()),
          new Ratio("spark/two-engines", "spark", "two-engines", Measure.WALL, Optional.empty()),
          new Ratio("job/two-engines", "job", "two-engines", Measure.WALL, Optional.empty()),
          cpu("engine", "raw-llama-bf16"),
          cpu("engine", "raw-llama"),
          cpu("engine", "plain-engine"),
          cpu("engine-exact", "onnxruntime-f32"),
          cpu("engine", "java-llama"),
          cpu("spark", "langchain4j-spark"),
          cpu("spark", "spark-nlp"),
          new Ratio(
              "spark-sum-cpu/engine-cpu", "spark-sum", "engine", Measure.CPU, Optional.empty()));

  private static Ratio cpu(String side, String to, double goal) {
    return new Ratio(side + "/" + to, side, to, Measure.CPU, Goal.everywhere(goal));
  }

  private static Ratio cpu(String side, String to) {
    return new Ratio(side + "/" + to, side, to, Measure.CPU, Optional.empty());
  }

  /** Its value on a corpus; empty when one of the two sides has no result there. */
  Optional<Double> on(String corpus, List<SideResult> results) {
    return speed(side, corpus, results)
        .flatMap(mine -> speed(to, corpus, results).map(theirs -> mine / theirs));
  }

  /**
   * Whether it is what it shall be on each corpus of its goal where it was measured.
   *
   * @param corpora their names
   * @return empty without a goal, or where it was not measured
   */
  Optional<Boolean> holds(List<String> corpora, List<SideResult> results) {
    if (goal.isEmpty()) {
      return Optional.empty();
    }
    List<Double> values =
        corpora.stream()
            .filter(corpus -> goal.get().only().map(corpus::equals).orElse(true))
            .flatMap(corpus -> on(corpus, results).stream())
            .toList();
    return values.isEmpty()
        ? Optional.empty()
        : Optional.of(values.stream().allMatch(value -> value >= goal.get().atLeast()));
  }

  /** With the best of its batches, if it was measured with several. */
  private Optional<Double> speed(String name, String corpus, List<SideResult> results) {
    return results.stream()
        .filter(result -> result.side().equals(name) && result.corpus().equals(corpus))
        .map(measure.speed::applyAsDouble)
        .max(Comparator.naturalOrder());
  }
}
