package dev.embark.bench;

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
  /** The side whose vectors all others are compared with. */
  static final String REFERENCE = "onnxruntime-f32";

  /** The corpus that {@link SideSpec#shortTexts} speaks of. */
  static final String SHORT = "short";

  private static final double COSINE_TOKENS = 6000;
  private static final double TRIAL = 0.4; // of a round

  private final List<Corpus> corpora;
  private final int rounds;
  private final double secondsOfRound;
  private final Path folder;
  private final PrintStream progress;
  private final Map<String, float[][]> reference = new HashMap<>();
  private final List<Running> running = new ArrayList<>();
  private final Map<String, String> notRun = new LinkedHashMap<>();

  /** What a side has to do on a corpus in each round. */
  private record Plan(Corpus corpus, int texts, int batch, Optional<Cosines> cosines) {}

  /** A side with what it did so far, by corpus. */
  private record Running(
      SideSpec spec, SideProcess process, List<Plan> plans, Map<String, List<Round>> rounds) {}

  /**
   * Takes what is the same for all sides.
   *
   * @param secondsOfRound how long a side of effort 1 shall embed in each round
   * @param folder for logs of the sides
   * @param progress told what is going on
   */
  Comparison(
      List<Corpus> corpora, int rounds, double secondsOfRound, Path folder, PrintStream progress) {
    this.corpora = corpora;
    this.rounds = rounds;
    this.secondsOfRound = secondsOfRound;
    this.folder = folder;
    this.progress = progress;
  }

  /**
   * Runs all; a side that fails is left out from then on.
   *
   * @param results every side on every corpus
   * @param notRun why sides are not among them, by name
   */
  record Outcome(List<SideResult> results, Map<String, String> notRun) {}

  /** Measures the sides, in their order; the reference only counts where it comes first. */
  Outcome measure(List<SideSpec> sides) throws IOException {
    try {
      for (SideSpec side : sides) {
        start(side);
      }
      for (int round = 1; round <= rounds; round++) {
        progress.printf("round %d of %d%n", round, rounds);
        for (Corpus corpus : corpora) {
          round(corpus);
        }
      }
      return new Outcome(results(), notRun);
    } finally {
      running.forEach(side -> side.process().close());
    }
  }

  private void start(SideSpec spec) throws IOException {
    if (spec.missing().isPresent()) {
      fail(spec, spec.missing().get());
      return;
    }
    progress.println(spec.name() + ": " + spec.what());
    try {
      SideProcess process = SideProcess.start(spec.command(), folder.resolve(spec.name() + ".log"));
      Running side = new Running(spec, process, new ArrayList<>(), new HashMap<>());
      running.add(side);
      for (Corpus corpus : corpora) {
        if (spec.isMeasuredOn(corpus)) {
          side.plans().add(plan(side, corpus));
          side.rounds().put(corpus.name(), new ArrayList<>());
        }
      }
    } catch (SideException e) {
      fail(spec, e.getMessage());
    }
  }

  private Plan plan(Running side, Corpus corpus) throws SideException, IOException {
    SideSpec spec = side.spec();
    int texts = corpus.textsOf(COSINE_TOKENS);
    side.process().prepare(corpus, texts, spec.batches().get(0));
    long start = System.nanoTime();
    float[][] vectors = side.process().vectors(corpus);
    double speed = corpus.tokens(texts) / ((System.nanoTime() - start) / 1e9);
    if (spec.name().equals(REFERENCE)) {
      reference.put(corpus.name(), vectors);
    }
    Optional<Cosines> cosines =
        reference.containsKey(corpus.name())
            ? Optional.of(Cosines.of(vectors, reference.get(corpus.name())))
            : Optional.empty();
    double seconds = secondsOfRound * spec.effort();
    int best = 0;
    int trial = corpus.textsOf(speed * seconds * TRIAL);
    double bestSpeed = 0;
    for (int batch : spec.batches()) {
      side.process().prepare(corpus, trial, batch);
      double found =
          corpus.tokens(trial) / side.process().run(corpus, corpus.tokens(trial)).seconds();
      if (found > bestSpeed) {
        bestSpeed = found;
        best = batch;
      }
    }
    int full = corpus.textsOf(bestSpeed * seconds);
    if (corpus.name().equals(SHORT) && spec.shortTexts().isPresent()) {
      full = Math.min(spec.shortTexts().getAsInt(), corpus.size());
    }
    side.process().prepare(corpus, full, best);
    progress.printf(
        Locale.ROOT,
        "  %s: %,.0f tokens/s at first, %d texts a round%n",
        corpus.name(),
        bestSpeed,
        full);
    return new Plan(corpus, full, best, cosines);
  }

  private void round(Corpus corpus) {
    for (Running side : List.copyOf(running)) {
      for (Plan plan : side.plans()) {
        if (plan.corpus() == corpus) {
          try {
            Round round = side.process().run(corpus, corpus.tokens(plan.texts()));
            side.rounds().get(corpus.name()).add(round);
          } catch (SideException e) {
            fail(side.spec(), e.getMessage());
          }
        }
      }
    }
  }

  private void fail(SideSpec spec, String reason) {
    progress.println(spec.name() + " does not run: " + reason);
    notRun.put(spec.name(), reason);
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
                List.copyOf(side.rounds().get(plan.corpus().name()))));
      }
    }
    return results;
  }
}
