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
 * @param corpora the names of those that it is measured on; all, if empty
 * @param shortTexts how many it embeds in a round on the corpus of short ones, whatever time that
 *     takes; as many as fill the round, if empty
 * @param missing why it cannot run, if so
 */
record SideSpec(
    String name,
    String what,
    List<String> command,
    List<Integer> batches,
    double effort,
    List<String> corpora,
    OptionalInt shortTexts,
    Optional<String> missing) {

  /** A side with a batch of its own and rounds of the usual length, on all corpora. */
  static SideSpec of(String name, String what, List<String> command) {
    return new SideSpec(
        name, what, command, List.of(0), 1, List.of(), OptionalInt.empty(), Optional.empty());
  }

  SideSpec withBatches(Integer... choices) {
    return new SideSpec(
        name, what, command, List.of(choices), effort, corpora, shortTexts, missing);
  }

  SideSpec withEffort(double rounds) {
    return new SideSpec(name, what, command, batches, rounds, corpora, shortTexts, missing);
  }

  SideSpec only(String corpus) {
    return new SideSpec(name, what, command, batches, effort, List.of(corpus), shortTexts, missing);
  }

  SideSpec withShortTexts(OptionalInt count) {
    return new SideSpec(name, what, command, batches, effort, corpora, count, missing);
  }

  SideSpec missingBecause(Optional<String> reason) {
    return new SideSpec(name, what, command, batches, effort, corpora, shortTexts, reason);
  }

  boolean isMeasuredOn(Corpus corpus) {
    return corpora.isEmpty() || corpora.contains(corpus.name());
  }
}
