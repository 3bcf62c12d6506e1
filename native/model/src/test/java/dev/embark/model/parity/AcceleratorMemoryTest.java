package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.ChildJvm;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.WeightsCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process grows by with a model and its contexts, with and without the accelerator. */
@Tag("models")
class AcceleratorMemoryTest {
  // Longer texts would each need a larger context than the batches of all others.
  private static final int LENGTH = 200;
  private static final List<Acceleration> ACCELERATED =
      List.of(Acceleration.EXACT, Acceleration.FAST, Acceleration.INT8);
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Without contexts it is the weights, and with several these once. */
  @Test
  void theAcceleratorTakesAtMostAFifthMore() throws Exception {
    assumeThat(STATUS).isReadable();
    for (int contexts : List.of(0, 4)) {
      long plain = measure(Acceleration.OFF, contexts, "").resident();
      for (Acceleration acceleration : ACCELERATED) {
        long grown = measure(acceleration, contexts, "").resident();
        System.out.printf(
            "contexts: %d, %s: %,d kB, plain %,d kB, ratio %.3f%n",
            contexts, acceleration, grown, plain, (double) grown / plain);
        assertThat((double) grown / plain).isLessThanOrEqualTo(1.2);
      }
    }
  }

  /** As without the accelerator, what a process has for itself are its contexts. */
  @Test
  void weightsThatAreMappedAreNobodysOwn(@TempDir Path cache) throws Exception {
    assumeThat(STATUS).isReadable();
    Grown plain = measure(Acceleration.OFF, 4, "");
    for (Acceleration acceleration : ACCELERATED) {
      measure(acceleration, 0, cache.toString()); // packs
      Grown mapped = measure(acceleration, 4, cache.toString());
      System.out.printf("mapped, %s: %s, plain %s%n", acceleration, mapped, plain);
      assertThat((double) mapped.own() / plain.own()).isLessThanOrEqualTo(1.1);
      assertThat((double) mapped.resident() / plain.resident()).isLessThanOrEqualTo(1.2);
    }
  }

  /**
   * Memory in kB.
   *
   * @param own is no file's
   */
  private record Grown(long resident, long own) {}

  /** Run by the test: prints the numbers of {@link Grown}. */
  static final class Measured {
    private Measured() {}

    /** Takes a model, an {@link Acceleration}, a number of contexts and perhaps a cache. */
    public static void main(String[] args) throws IOException {
      Path gguf = Path.of(args[0]);
      WeightsCache cache = args.length > 3 ? in(Path.of(args[3])) : WeightsCache.NONE;
      List<byte[]> texts =
          VariedTexts.of(3, 100).stream()
              .map(text -> text.substring(0, Math.min(text.length(), LENGTH)))
              .map(text -> text.getBytes(StandardCharsets.UTF_8))
              .toList();
      // What Java and the libraries take is taken before.
      embed(gguf, ModelOptions.cpu(Acceleration.OFF), WeightsCache.NONE, 1, texts);
      Grown before = now();
      Grown after =
          embed(
              gguf,
              ModelOptions.cpu(Acceleration.valueOf(args[1])),
              cache,
              Integer.parseInt(args[2]),
              texts);
      System.out.println(after.resident() - before.resident());
      System.out.println(after.own() - before.own());
    }

    private static WeightsCache in(Path cache) {
      return (name, packing) -> {
        Path file = cache.resolve(name);
        try {
          if (!Files.exists(file)) {
            packing.writeTo(file);
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        return Optional.of(new Kept(file));
      };
    }

    private record Kept(Path path) implements WeightsCache.Weights {
      @Override
      public void close() {
        // The test's directory goes with the test.
      }
    }

    /** Returns what was there at the end, before all was closed. */
    private static Grown embed(
        Path gguf, ModelOptions options, WeightsCache cache, int contexts, List<byte[]> texts)
        throws IOException {
      List<EmbeddingEngine> engines = new ArrayList<>();
      try (LlamaModel model = ModelLoader.load(gguf, options, cache);
          BufferAllocator allocator = new RootAllocator();
          ListVector out = VectorWriter.newVector("embedding", allocator)) {
        try {
          for (int i = 0; i < contexts; i++) {
            engines.add(new EmbeddingEngine(model, EmbedOptions.defaults()));
            engines.get(i).embed(texts, out, () -> false);
          }
          return now();
        } finally {
          engines.forEach(EmbeddingEngine::close);
        }
      }
    }

    private static Grown now() throws IOException {
      return new Grown(kilobytes("VmRSS:"), kilobytes("RssAnon:"));
    }

    private static long kilobytes(String what) throws IOException {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(what))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  private static Grown measure(Acceleration acceleration, int contexts, String cache)
      throws Exception {
    Path gguf =
        Path.of(
            AcceleratorMemoryTest.class
                .getResource("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")
                .toURI());
    List<String> arguments =
        new ArrayList<>(List.of(gguf.toString(), acceleration.name(), Integer.toString(contexts)));
    if (!cache.isEmpty()) {
      arguments.add(cache);
    }
    List<String> options = List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch");
    List<String> lines =
        new ChildJvm(Measured.class, Map.of(), options)
            .run(arguments.toArray(String[]::new))
            .outOfSuccess();
    return new Grown(Long.parseLong(lines.get(0)), Long.parseLong(lines.get(1)));
  }
}
