package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Measures sides on corpora. Each side first shows its vectors, which also warms it up, then finds
 * its best batch and how many texts fill a round; after that all sides take turns, so that a
 * machine that slows down slows all of them.
 */
final class Comparison {
  /** The corpus that {@link SideSpec#shortTexts} speaks of. */
  static final String SHORT = "short";

  private static final double COSINE_TOKENS = 6000;
  private static final double TRIAL = 0.4; // of a round
  // The first texts wait for compilers: a side is warm when a trial of this part of its target time
  // is at most 10 % faster than the one before.
  private static final double SHORTEST_TRIAL = 0.25;
  private static final double WARM = 1.1;

  private final List<Corpus> corpora;
  private final int rounds;
  private final double secondsOfRound;
  private final Path folder;
  private final PrintStream progress;
  private final GpuUse gpu;
  private final Map<String, float[][]> reference = new HashMap<>();
  private final List<Running> running = new ArrayList<>();
  private final Map<String, String> details = new LinkedHashMap<>();
  private final Map<String, String> notRun = new LinkedHashMap<>();

  /** Work of a side on a corpus in each round, and its results so far. */
  private record Plan(
      String work,
      Corpus corpus,
      int texts,
      int batch,
      Optional<Cosines> cosines,
      List<Round> rounds) {}

  /** Tokens per second with a batch. */
  private record Trial(int batch, double speed) {}

  private record Running(SideSpec spec, SideProcess process, List<Plan> plans) {}

  /**
   * Takes what is the same for all sides.
   *
   * @param secondsOfRound how long a side of effort 1 shall embed in each round
   * @param folder for logs of the sides
   * @param progress receives a line for each step
   * @param gpu asked how busy it is in each round; stays the caller's
   */
  Comparison(
      List<Corpus> corpora,
      int rounds,
      double secondsOfRound,
      Path folder,
      PrintStream progress,
      GpuUse gpu) {
    this.corpora = corpora;
    this.rounds = rounds;
    this.secondsOfRound = secondsOfRound;
    this.folder = folder;
    this.progress = progress;
    this.gpu = gpu;
  }

  /**
   * Result of a comparison.
   *
   * @param results of every side on every corpus
   * @param details descriptions that sides report, by name
   * @param notRun why sides are not among them, by name
   */
  record Outcome(
      List<SideResult> results, Map<String, String> details, Map<String, String> notRun) {}

  /**
   * Measures the sides. One that fails is left out from then on.
   *
   * @param sides the first is the reference, with whose vectors those of all others are compared
   */
  Outcome measure(List<SideSpec> sides) throws IOException {
    try {
      for (SideSpec side : sides) {
        start(side, side.equals(sides.get(0)));
      }
      for (int round = 1; round <= rounds; round++) {
        progress.printf("round %d of %d%n", round, rounds);
        for (Corpus corpus : corpora) {
          round(corpus);
        }
      }
      return new Outcome(results(), details, notRun);
    } finally {
      running.forEach(side -> side.process().close());
    }
  }

  private void start(SideSpec spec, boolean isReference) throws IOException {
    if (spec.missing().isPresent()) {
      leaveOut(spec.name(), new SideException(spec.missing().get()));
      return;
    }
    progress.println(spec.name() + ": " + spec.what());
    try {
      SideProcess process = SideProcess.start(spec.command(), folder.resolve(spec.name() + ".log"));
      Running side = new Running(spec, process, new ArrayList<>());
      running.add(side);
      if (!process.details().isEmpty()) {
        details.put(spec.name(), process.details());
      }
      for (Corpus corpus : corpora) {
        if (spec.isMeasuredOn(corpus)) {
          plan(side, corpus, isReference);
        }
      }
    } catch (SideException e) {
      fail(spec, e);
    }
  }

  private void plan(Running side, Corpus corpus, boolean isReference)
      throws SideException, IOException {
    SideSpec.Batches batches = side.spec().batches();
    if (!batches.each()) {
      side.plans().add(plan(side, corpus, batches.choices(), isReference));
      return;
    }
    for (int batch : batches.choices()) {
      try {
        side.plans().add(plan(side, corpus, List.of(batch), isReference));
      } catch (SideException e) {
        // A GPU may have no memory for the larger ones.
        leaveOut("%s, batch %d, %s".formatted(side.spec().name(), batch, corpus.name()), e);
      }
    }
  }

  private Plan plan(Running side, Corpus corpus, List<Integer> batches, boolean isReference)
      throws SideException, IOException {
    SideSpec spec = side.spec();
    int texts = corpus.textsOf(COSINE_TOKENS);
    String first = work(corpus, batches.get(0));
    side.process().prepare(first, corpus, texts, batches.get(0));
    long start = System.nanoTime();
    float[][] vectors = side.process().vectors(first);
    double speed = corpus.tokens(texts) / ((System.nanoTime() - start) / 1e9);
    if (isReference) {
      reference.put(corpus.name(), vectors);
    }
    float[][] expected = reference.get(corpus.name());
    Optional<Cosines> cosines =
        expected == null ? Optional.empty() : Optional.of(Cosines.of(vectors, expected));
    double seconds = secondsOfRound * spec.effort();
    Trial best = new Trial(0, 0);
    for (int batch : batches) {
      Trial trial = trial(side, corpus, batch, speed, seconds * TRIAL);
      best = trial.speed() > best.speed() ? trial : best;
    }
    int count = corpus.textsOf(best.speed() * seconds);
    if (corpus.name().equals(SHORT) && spec.shortTexts().isPresent()) {
      count = Math.min(spec.shortTexts().getAsInt(), corpus.size());
    }
    String work = work(corpus, best.batch());
    side.process().prepare(work, corpus, count, best.batch());
    progress.printf(
        Locale.ROOT,
        "  %s%s: %,.0f tokens/s at first, %d texts a round%n",
        corpus.name(),
        best.batch() == 0 ? "" : ", batch " + best.batch(),
        best.speed(),
        count);
    return new Plan(work, corpus, count, best.batch(), cosines, new ArrayList<>());
  }

  private static String work(Corpus corpus, int batch) {
    return corpus.name() + "-" + batch;
  }

  /** Measures a batch for about this many seconds, again and again until the side is warm. */
  private static Trial trial(
      Running side, Corpus corpus, int batch, double expectedSpeed, double seconds)
      throws SideException {
    int texts = corpus.textsOf(expectedSpeed * seconds);
    double best = 0;
    while (true) {
      side.process().prepare(work(corpus, batch), corpus, texts, batch);
      long tokens = corpus.tokens(texts);
      Round round = side.process().run(work(corpus, batch), tokens);
      double speed = tokens / round.seconds();
      boolean isLong = round.seconds() >= seconds * SHORTEST_TRIAL || texts == corpus.size();
      if (isLong && speed < best * WARM) {
        return new Trial(batch, Math.max(speed, best));
      }
      best = Math.max(speed, best);
      int wanted = corpus.textsOf(best * seconds);
      texts = Math.min(corpus.size(), isLong ? wanted : Math.max(2 * texts, wanted));
    }
  }

  private void round(Corpus corpus) {
    for (Running side : List.copyOf(running)) {
      for (Plan plan : side.plans()) {
        if (plan.corpus() == corpus) {
          try {
            long start = System.nanoTime();
            Round round = side.process().run(plan.work(), corpus.tokens(plan.texts()));
            plan.rounds().add(round.withGpuUse(gpu.since(start)));
          } catch (SideException e) {
            fail(side.spec(), e);
          }
        }
      }
    }
  }

  private void leaveOut(String what, SideException why) {
    progress.println(what + " does not run: " + why.getMessage());
    notRun.put(what, why.getMessage());
  }

  private void fail(SideSpec spec, SideException why) {
    leaveOut(spec.name(), why);
    running.removeIf(
        side -> {
          boolean failed = side.spec().name().equals(spec.name());
          if (failed) {
            side.process().close();
          }
          return failed;
        });
  }

  private List<SideResult> results() {
    List<SideResult> results = new ArrayList<>();
    for (Running side : running) {
      for (Plan plan : side.plans()) {
        results.add(
            new SideResult(
                side.spec().name(),
                plan.corpus().name(),
                plan.texts(),
                plan.corpus().tokens(plan.texts()),
                plan.batch(),
                plan.cosines(),
                List.copyOf(plan.rounds())));
      }
    }
    return results;
  }
}
