package dev.embark.bench;

import dev.embark.bench.corpus.Corpus;
import dev.embark.bench.corpus.TokenCounter;
import dev.embark.bench.corpus.WordNet;
import dev.embark.bench.models.SentenceTransformersFolder;
import dev.embark.job.cli.Cli;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.llama.Gpus;
import dev.embark.llama.LlamaBackend;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command behind {@code bench/gpu.sh}, which builds what this one needs and then starts it. */
@Command(
    name = "gpu.sh",
    sortOptions = false,
    description = {
      "Measures Embark on a GPU by batch size and number of contexts, against the CPU and"
          + " sentence-transformers in fp16, with the same texts and weights, in turns.",
      "Fails if a vector of the GPU has a cosine below 0.999 with the CPU's."
    })
public final class GpuBench implements Callable<Integer> {
  /** The least cosine of a vector of a GPU to that of the CPU. */
  private static final double LEAST_COSINE = 0.999;

  /** Versions of everything except the sides, which report their own. */
  private static final Set<String> OURS = Set.of("embark", "java", "llama.cpp");

  private static final int SHORT_TEXTS = 190_000;
  private static final int LONG_TEXTS = 14_000;

  @Mixin private ReportOptions report;

  @Option(
      names = "--gpu",
      defaultValue = "0",
      paramLabel = "N",
      description = "Index of the GPU among those that llama.cpp finds. Default: ${DEFAULT-VALUE}.")
  private int gpu;

  @Option(
      names = "--contexts",
      split = ",",
      defaultValue = "1,2,4",
      paramLabel = "N",
      description = "Comma-separated numbers of contexts on the GPU. Default: ${DEFAULT-VALUE}.")
  private List<Integer> contexts;

  @Option(
      names = "--batch-tokens",
      split = ",",
      defaultValue = "256,512,1024,2048,4096,8192",
      paramLabel = "N",
      description =
          "Comma-separated sizes of a native batch, in tokens. Default: ${DEFAULT-VALUE}.")
  private List<Integer> batchTokens;

  @Option(
      names = "--tasks",
      paramLabel = "N",
      description = "Number of tasks that share the contexts. Default: the number of cores.")
  private int tasks = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--python",
      defaultValue = "python3",
      paramLabel = "PROGRAM",
      description = "Python with sentence-transformers and torch. Default: ${DEFAULT-VALUE}.")
  private String python;

  @Option(names = "--name", required = true, hidden = true)
  private String name;

  @Option(names = "--gguf", required = true, hidden = true)
  private Path gguf;

  @Option(names = "--tokenizer", required = true, hidden = true)
  private Path tokenizer;

  @Option(names = "--wordnet", required = true, hidden = true)
  private Path wordNet;

  @Option(names = "--rival", required = true, hidden = true)
  private Path rival;

  @Option(names = "--java-arguments", required = true, hidden = true)
  private Path javaArguments;

  private final Terminal terminal;

  GpuBench(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the bench; exits with 0, 1 when it failed, 2 on bad usage. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new GpuBench(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    Instant start = Instant.now();
    report.checkFiles();
    LlamaBackend.Device device = device();
    try (WorkFolder work = WorkFolder.create();
        GpuUse use = GpuUse.ofNvidia(gpu)) {
      Path model = work.path().resolve("sentence-transformers");
      SentenceTransformersFolder.write(gguf, tokenizer, model);
      List<SideSpec> sides =
          new GpuSides(new JavaCommand(javaArguments, work.path()), gguf, gpu, tasks)
              .all(
                  contexts,
                  batchTokens,
                  List.of(python, rival.toString(), model.toString(), "cuda:" + gpu, "float16"));
      List<Corpus> corpora = corpora(work.path());
      Comparison.Outcome outcome =
          new Comparison(
                  corpora, report.rounds(), report.seconds(), work.path(), terminal.err(), use)
              .measure(sides);
      Map<String, String> versions = Versions.read();
      versions.keySet().retainAll(OURS);
      Map<String, String> facts = report.facts(start);
      facts.put("gpu", device.description() + " (" + device.name() + ")");
      report.write(
          new ComparisonReport(
              Machine.describe(),
              versions,
              name,
              facts,
              corpora,
              sides,
              GpuSides.ratios(contexts),
              Roof.NONE,
              outcome),
          "gpu-" + name,
          terminal);
      check(outcome);
    }
    return 0;
  }

  private LlamaBackend.Device device() {
    List<LlamaBackend.Device> gpus = Gpus.list();
    if (gpus.isEmpty()) {
      throw new UserError("There is no GPU to measure: " + Gpus.whyNone());
    }
    if (gpu >= gpus.size()) {
      throw new UserError(
          "There is no GPU %d but %d of them; check --gpu".formatted(gpu, gpus.size()));
    }
    return gpus.get(gpu);
  }

  private List<Corpus> corpora(Path work) throws IOException {
    WordNet source = WordNet.read(wordNet);
    List<Corpus> corpora = new ArrayList<>();
    try (TokenCounter counter = new TokenCounter(gguf)) {
      corpora.add(Corpus.write(Comparison.SHORT, source.shortTexts(SHORT_TEXTS), counter, work));
      corpora.add(Corpus.write("long", source.longTexts(LONG_TEXTS), counter, work));
    }
    return corpora;
  }

  /**
   * Looks at the vectors.
   *
   * @throws UserError if there are none of the GPU, or some that are not the CPU's
   */
  static void check(Comparison.Outcome outcome) {
    List<SideResult> ours =
        outcome.results().stream().filter(result -> GpuSides.isOurs(result.side())).toList();
    if (ours.isEmpty()) {
      throw new UserError("Nothing was measured on the GPU; the report says why");
    }
    List<String> wrong =
        ours.stream()
            .filter(result -> result.cosines().map(c -> c.min() < LEAST_COSINE).orElse(true))
            .map(result -> result.side() + " with batches of " + result.batch())
            .toList();
    if (!wrong.isEmpty()) {
      throw new UserError("Vectors of the GPU are not the CPU's: " + String.join(", ", wrong));
    }
  }
}
