package dev.embark.bench;

import dev.embark.engine.LlamaBackend;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the engine and the job in turns; see {@code bench/run.sh}. */
@Command(
    name = "run.sh",
    description = "Measures the bare engine and the job on glosses of WordNet.",
    mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {
  private static final String MODEL = "/dev/embark/model/all-MiniLM-L6-v2-f16.gguf";
  private static final int THREADS = 2;

  @Option(names = "--wordnet", required = true, description = "Directory with data.noun.")
  private Path wordnet;

  @Option(names = "--texts", defaultValue = "20000", description = "Default: ${DEFAULT-VALUE}.")
  private int texts;

  @Option(names = "--warm-up", defaultValue = "2000", description = "Texts before the first round.")
  private int warmUp;

  @Option(names = "--rounds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--json", description = "Where to write the figures as JSON too.")
  private Path json;

  private final Map<String, Double> startup = new LinkedHashMap<>();

  /** Runs the bench; exits with 0, 1 when it failed, 2 on bad usage. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    List<String> glosses = Glosses.read(wordnet, texts);
    Path folder = Files.createTempDirectory("embark-bench");
    try {
      BenchReport report = measure(glosses, folder);
      report.print(System.out);
      if (json != null) {
        Files.writeString(json, report.json());
      }
    } finally {
      delete(folder);
    }
    return 0;
  }

  private BenchReport measure(List<String> glosses, Path folder) throws Exception {
    Path gguf = unpackModel(folder);
    List<String> few = glosses.subList(0, Math.min(warmUp, glosses.size()));
    List<Measurement> measurements = new ArrayList<>();
    try (EngineRunner engine =
            timed("engine: llama.cpp and model", () -> new EngineRunner(gguf, THREADS));
        JobRunner job = timed("job: Spark", () -> new JobRunner(folder, THREADS))) {
      job.write("glosses", glosses);
      job.write("few", few);
      engine.embed(few, THREADS);
      // The first query compiles and loads the model; what it embeds is little.
      timed("job: first query of " + few.size() + " texts, model included", () -> job.embed("few"));
      for (int round = 1; round <= rounds; round++) {
        measurements.add(Measurement.of("engine, 1 thread", round, () -> engine.embed(glosses, 1)));
        measurements.add(
            Measurement.of(
                "engine, " + THREADS + " threads", round, () -> engine.embed(glosses, THREADS)));
        measurements.add(
            Measurement.of("job, local[" + THREADS + "]", round, () -> job.embed("glosses")));
      }
      if (measurements.stream().mapToLong(Measurement::tokens).distinct().count() > 1) {
        throw new IllegalStateException(
            "The ways embedded different numbers of tokens and cannot be compared: "
                + measurements);
      }
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("date", Instant.now().toString());
      facts.put("machine", Machine.describe());
      facts.put("java", System.getProperty("java.vm.version"));
      facts.put("llama.cpp", LlamaBackend.VERSION);
      facts.put("spark", job.version());
      facts.put("model", "all-MiniLM-L6-v2 F16");
      facts.put("texts", glosses.size() + " glosses of WordNet");
      return new BenchReport(facts, startup, measurements);
    }
  }

  private <T> T timed(String what, Callable<T> action) throws Exception {
    long start = System.nanoTime();
    T result = action.call();
    startup.put(what, (System.nanoTime() - start) / 1e9);
    return result;
  }

  private static Path unpackModel(Path folder) throws IOException {
    Path gguf = folder.resolve("model.gguf");
    try (InputStream in = Bench.class.getResourceAsStream(MODEL)) {
      Files.copy(in, gguf);
    }
    return gguf;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
