package dev.embark.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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
record Ratio(String name, String side, String to, Measure measure, OptionalDouble goal) {

  /** Kinds of speed. */
  enum Measure {
    /** What a text costs. */
    CPU("tokens/CPU-s", SideResult::tokensPerCpuSecond),
    /** How long one waits, for sides that use several cores. */
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

  /** All that the report tells, those with a goal first. */
  static final List<Ratio> ALL =
      List.of(
          cpu("engine", "raw-llama-bf16", 3.5),
          cpu("engine", "onnxruntime-f32", 2.0),
          cpu("engine", "onnxruntime-int8", 1.0),
          cpu("plain-engine", "raw-llama", 1.0),
          cpu("spark", "engine", 0.95),
          cpu("job", "engine", 0.90),
          new Ratio(
              "two-tasks/one-task",
              "spark",
              "spark-one-task",
              Measure.WALL,
              OptionalDouble.of(1.9)),
          new Ratio(
              "spark-sum/engine", "spark-sum", "engine", Measure.WALL, OptionalDouble.of(0.95)),
          new Ratio(
              "two-engines/engine", "two-engines", "engine", Measure.WALL, OptionalDouble.empty()),
          new Ratio(
              "spark/two-engines", "spark", "two-engines", Measure.WALL, OptionalDouble.empty()),
          new Ratio("job/two-engines", "job", "two-engines", Measure.WALL, OptionalDouble.empty()),
          cpu("engine", "raw-llama"),
          cpu("engine", "plain-engine"),
          cpu("engine-exact", "onnxruntime-f32"),
          cpu("engine-int8", "onnxruntime-int8"),
          cpu("engine", "java-llama"),
          cpu("spark", "langchain4j-spark"),
          cpu("spark", "spark-nlp"),
          new Ratio(
              "spark-sum-cpu/engine-cpu",
              "spark-sum",
              "engine",
              Measure.CPU,
              OptionalDouble.empty()));

  private static Ratio cpu(String side, String to, double goal) {
    return new Ratio(side + "/" + to, side, to, Measure.CPU, OptionalDouble.of(goal));
  }

  private static Ratio cpu(String side, String to) {
    return new Ratio(side + "/" + to, side, to, Measure.CPU, OptionalDouble.empty());
  }

  /** Its value on a corpus; empty when one of the two sides has no result there. */
  Optional<Double> on(String corpus, List<SideResult> results) {
    return speed(side, corpus, results)
        .flatMap(mine -> speed(to, corpus, results).map(theirs -> mine / theirs));
  }

  /**
   * Whether it is what it shall be on each corpus where it was measured.
   *
   * @param corpora their names
   * @return empty without a goal, or where it was not measured
   */
  Optional<Boolean> holds(List<String> corpora, List<SideResult> results) {
    List<Double> values = corpora.stream().flatMap(corpus -> on(corpus, results).stream()).toList();
    return goal.isEmpty() || values.isEmpty()
        ? Optional.empty()
        : Optional.of(values.stream().allMatch(value -> value >= goal.getAsDouble()));
  }

  private Optional<Double> speed(String name, String corpus, List<SideResult> results) {
    return results.stream()
        .filter(result -> result.side().equals(name) && result.corpus().equals(corpus))
        .findFirst()
        .map(measure.speed::applyAsDouble);
  }
}
