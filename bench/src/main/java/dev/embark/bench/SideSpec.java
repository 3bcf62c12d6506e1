package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A side of the comparison and how its process is started.
 *
 * @param name as in the results
 * @param what it is, for people
 * @param command the words that start its process
 * @param batches what to give it as the batch of {@link dev.embark.bench.side.Side#prepare}
 * @param effort how long its rounds are, in rounds of a side that has no start-up to make up for
 * @param corpora the names of those that it is measured on; all, if empty
 * @param shortTexts how many it embeds in a round on the corpus of short ones, whatever time that
 *     takes; as many as fill the round, if empty
 * @param missing why it cannot run, if so
 * @param kind of number that it multiplies, as {@link Roof} names them; empty if that is not
 *     compared
 */
record SideSpec(
    String name,
    String what,
    List<String> command,
    Batches batches,
    double effort,
    List<String> corpora,
    OptionalInt shortTexts,
    Optional<String> missing,
    String kind) {

  /**
   * Batch sizes to measure a side with, in its own unit; 0 for its default.
   *
   * @param choices what to try
   * @param each whether every choice is measured, and not only the fastest
   */
  record Batches(List<Integer> choices, boolean each) {}

  /** A side with a batch of its own and rounds of the usual length, on all corpora. */
  static SideSpec of(String name, String what, List<String> command) {
    return new SideSpec(
        name,
        what,
        command,
        new Batches(List.of(0), false),
        1,
        List.of(),
        OptionalInt.empty(),
        Optional.empty(),
        "");
  }

  /** Measured with the fastest of these. */
  SideSpec withBatches(Integer... choices) {
    return with(new Batches(List.of(choices), false));
  }

  /** Measured with each of these. */
  SideSpec withEachBatch(List<Integer> choices) {
    return with(new Batches(List.copyOf(choices), true));
  }

  private SideSpec with(Batches other) {
    return new SideSpec(name, what, command, other, effort, corpora, shortTexts, missing, kind);
  }

  SideSpec withEffort(double rounds) {
    return new SideSpec(name, what, command, batches, rounds, corpora, shortTexts, missing, kind);
  }

  SideSpec only(String corpus) {
    return new SideSpec(
        name, what, command, batches, effort, List.of(corpus), shortTexts, missing, kind);
  }

  SideSpec withShortTexts(OptionalInt count) {
    return new SideSpec(name, what, command, batches, effort, corpora, count, missing, kind);
  }

  SideSpec missingBecause(Optional<String> reason) {
    return new SideSpec(name, what, command, batches, effort, corpora, shortTexts, reason, kind);
  }

  SideSpec startedBy(List<String> words) {
    return new SideSpec(name, what, words, batches, effort, corpora, shortTexts, missing, kind);
  }

  SideSpec multiplying(String numbers) {
    return new SideSpec(
        name, what, command, batches, effort, corpora, shortTexts, missing, numbers);
  }

  boolean isMeasuredOn(Corpus corpus) {
    return corpora.isEmpty() || corpora.contains(corpus.name());
  }
}
