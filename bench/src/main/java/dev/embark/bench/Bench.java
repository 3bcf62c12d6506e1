package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import dev.embark.bench.corpus.TokenCounter;
import dev.embark.bench.corpus.WordNet;
import dev.embark.job.cli.Cli;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command behind {@code bench/run.sh}, which builds what this one needs and then starts it. */
@Command(
    name = "embark bench",
    sortOptions = false,
    description = "Measures Embark and its rivals on the same texts and weights, in turns.")
public final class Bench implements Callable<Integer> {
  private static final String MODEL = "all-MiniLM-L6-v2";
  private static final int SHORT_TEXTS = 60_000;
  private static final int LONG_TEXTS = 6_000;

  @Mixin private ReportOptions report;

  @Option(
      names = "--texts",
      paramLabel = "FILE",
      description = "Also measure the texts of this file, one per line, as the corpus 'file'.")
  private Path texts;

  @Option(
      names = "--job-texts",
      paramLabel = "N",
      description = "Number of short texts that the job embeds per round, such as 200000.")
  private Integer jobTexts;

  @Option(
      names = "--spark-texts",
      paramLabel = "N",
      description =
          "Number of short texts that Embark's sides in Spark embed per round, such as 20000, so"
              + " that planning and compiling code weigh less, as in real jobs.")
  private Integer sparkTexts;

  @Option(
      names = "--short-texts",
      paramLabel = "N",
      description = "Number of short texts that every side embeds per round, such as 20000.")
  private Integer shortTexts;

  @Option(
      names = "--sides",
      split = ",",
      paramLabel = "SIDE",
      completionCandidates = SideNames.class,
      description = "Only these sides, and the reference of the cosines. Default: all.")
  private List<String> only = List.of();

  /** Values of {@code --sides}, which scripts check before they build. */
  static final class SideNames extends ArrayList<String> {
    private static final long serialVersionUID = 1;

    SideNames() {
      super(Sides.NAMES);
    }
  }

  @Option(
      names = "--isa",
      split = ",",
      paramLabel = "all",
      completionCandidates = Isas.class,
      description =
          "Value all: also measure the engine with the kernels of every instruction set that this"
              + " machine has.")
  private List<String> isa = List.of();

  /** Values of {@code --isa}. */
  static final class Isas extends ArrayList<String> {
    private static final long serialVersionUID = 1;

    Isas() {
      super(List.of("all"));
    }
  }

  @Option(names = "--bench", required = true, hidden = true)
  private Path bench;

  @Option(names = "--wordnet", required = true, hidden = true)
  private Path wordNet;

  @Option(names = "--llama", required = true, hidden = true)
  private Path llama;

  @Option(names = "--gguf", required = true, hidden = true)
  private Path gguf;

  private final Terminal terminal;

  Bench(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the bench; exits with 0, 1 when it failed, 2 on bad usage. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new Bench(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    Instant start = Instant.now();
    // Checked first, since it would otherwise fail only after all measurements.
    if (texts != null && !Files.isReadable(texts)) {
      throw new UserError("There is no file %s to read; check --texts".formatted(texts));
    }
    if (!List.of("all").containsAll(isa)) {
      throw new UserError("--isa takes the value all");
    }
    report.checkFiles();
    Roof roof = Roof.measure(bench.resolve("target/roof"));
    try (WorkFolder work = WorkFolder.create();
        GpuUse gpu = GpuUse.none()) {
      List<SideSpec> sides = sides(new Sides.Places(bench, llama, gguf, work.path()), roof);
      List<Corpus> corpora = corpora(work.path());
      Comparison.Outcome outcome =
          new Comparison(
                  corpora, report.rounds(), report.seconds(), work.path(), terminal.err(), gpu)
              .measure(sides);
      report.write(
          new ComparisonReport(
              Machine.describe(),
              Versions.read(),
              MODEL,
              report.facts(start),
              corpora,
              sides,
              Ratio.ALL,
              roof,
              outcome),
          "comparison",
          terminal);
    }
    return 0;
  }

  private List<SideSpec> sides(Sides.Places places, Roof roof) throws IOException {
    List<SideSpec> all =
        new Sides(places, roof)
            .all(optional(sparkTexts), optional(jobTexts == null ? sparkTexts : jobTexts));
    for (String name : only) {
      if (!Sides.NAMES.contains(name)) {
        throw new UserError(
            "There is no side %s; the sides are %s"
                .formatted(name, String.join(", ", Sides.NAMES)));
      }
    }
    return all.stream()
        .filter(side -> isAskedFor(side.name()))
        .map(
            side ->
                shortTexts == null || side.shortTexts().isPresent()
                    ? side
                    : side.withShortTexts(optional(shortTexts)))
        .toList();
  }

  private boolean isAskedFor(String side) {
    if (side.equals(Sides.REFERENCE) || only.contains(side)) {
      return true;
    }
    return Sides.OF_OTHER_CPUS.contains(side) ? !isa.isEmpty() : only.isEmpty();
  }

  private static OptionalInt optional(Integer number) {
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  private List<Corpus> corpora(Path work) throws IOException {
    WordNet source = WordNet.read(wordNet);
    int shortCount = SHORT_TEXTS;
    for (Integer wanted : Arrays.asList(sparkTexts, jobTexts, shortTexts)) {
      shortCount = wanted == null ? shortCount : Math.max(shortCount, wanted);
    }
    List<Corpus> corpora = new ArrayList<>();
    try (TokenCounter counter = new TokenCounter(gguf)) {
      corpora.add(Corpus.write(Comparison.SHORT, source.shortTexts(shortCount), counter, work));
      corpora.add(Corpus.write("long", source.longTexts(LONG_TEXTS), counter, work));
      if (texts != null) {
        List<String> lines = Files.readAllLines(texts, StandardCharsets.UTF_8);
        corpora.add(Corpus.write("file", lines, counter, work));
      }
    }
    return corpora;
  }
}
