package dev.embark.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A side of the comparison and how its process is started.
 *
 * @param name as in the results
 * @param what it is, for people
 * @param command the words that start its process
 * @param batches what to try as the batch of {@link dev.embark.bench.side.Side#prepare}; the
 *     fastest is measured
 * @param effort how long its rounds are, in rounds of a side that has no start-up to make up for
 * @param texts how many short texts it embeds in a round, whatever time that takes
 * @param missing why it cannot run, if so
 */
record SideSpec(
    String name,
    String what,
    List<String> command,
    List<Integer> batches,
    double effort,
    OptionalInt texts,
    Optional<String> missing) {

  /** A side with a batch of its own and rounds of the usual length. */
  static SideSpec of(String name, String what, List<String> command) {
    return new SideSpec(name, what, command, List.of(0), 1, OptionalInt.empty(), Optional.empty());
  }

  SideSpec withBatches(Integer... choices) {
    return new SideSpec(name, what, command, List.of(choices), effort, texts, missing);
  }

  SideSpec withEffort(double rounds) {
    return new SideSpec(name, what, command, batches, rounds, texts, missing);
  }

  SideSpec withTexts(OptionalInt count) {
    return new SideSpec(name, what, command, batches, effort, count, missing);
  }

  SideSpec missingBecause(Optional<String> reason) {
    return new SideSpec(name, what, command, batches, effort, texts, reason);
  }
}
