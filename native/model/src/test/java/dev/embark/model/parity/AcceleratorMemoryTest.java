package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.embark.engine.Acceleration;
import dev.embark.engine.ChildJvm;
import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddingEngine;
import dev.embark.engine.LlamaModel;
import dev.embark.engine.ModelOptions;
import dev.embark.engine.VectorWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.Test;

/** What a process grows by with a model and its contexts, with and without the accelerator. */
class AcceleratorMemoryTest {
  // Longer texts would each need a larger context than the batches of all others.
  private static final int LENGTH = 200;
  private static final List<Acceleration> ACCELERATED =
      List.of(Acceleration.EXACT, Acceleration.FAST, Acceleration.INT8);
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Without contexts it is the weights, and with several these once. */
  @Test
  void theAcceleratorTakesAtMostAFifthMore() throws Exception {
    Path gguf =
        Path.of(getClass().getResource("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf").toURI());
    assumeThat(STATUS).isReadable();
    for (int contexts : List.of(0, 4)) {
      long plain = measure(gguf, Acceleration.OFF, contexts);
      for (Acceleration acceleration : ACCELERATED) {
        long grown = measure(gguf, acceleration, contexts);
        System.out.printf(
            "contexts: %d, %s: %,d kB, plain %,d kB, ratio %.3f%n",
            contexts, acceleration, grown, plain, (double) grown / plain);
        assertThat((double) grown / plain).isLessThanOrEqualTo(1.2);
      }
    }
  }

  /** Run by the test: prints kB that are resident more than before. */
  static final class Measured {
    private Measured() {}

    /** Takes a model, an {@link Acceleration} and a number of contexts. */
    public static void main(String[] args) throws IOException {
      Path gguf = Path.of(args[0]);
      List<byte[]> texts =
          VariedTexts.of(3, 100).stream()
              .map(text -> text.substring(0, Math.min(text.length(), LENGTH)))
              .map(text -> text.getBytes(StandardCharsets.UTF_8))
              .toList();
      // What Java and the libraries take is taken before.
      embed(gguf, ModelOptions.cpu(Acceleration.OFF), 1, texts);
      long before = residentKilobytes();
      System.out.println(
          embed(
                  gguf,
                  ModelOptions.cpu(Acceleration.valueOf(args[1])),
                  Integer.parseInt(args[2]),
                  texts)
              - before);
    }

    /** Returns kB that were resident at the end, before all was closed. */
    private static long embed(Path gguf, ModelOptions options, int contexts, List<byte[]> texts)
        throws IOException {
      List<EmbeddingEngine> engines = new ArrayList<>();
      try (LlamaModel model = LlamaModel.load(gguf, options);
          BufferAllocator allocator = new RootAllocator();
          ListVector out = VectorWriter.newVector("embedding", allocator)) {
        try {
          for (int i = 0; i < contexts; i++) {
            engines.add(new EmbeddingEngine(model, EmbedOptions.defaults()));
            engines.get(i).embed(texts, out, () -> false);
          }
          return residentKilobytes();
        } finally {
          engines.forEach(EmbeddingEngine::close);
        }
      }
    }

    private static long residentKilobytes() throws IOException {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  private static long measure(Path gguf, Acceleration acceleration, int contexts) throws Exception {
    List<String> options = List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch");
    List<String> lines =
        new ChildJvm(Measured.class, Map.of(), options)
            .run(gguf.toString(), acceleration.name(), Integer.toString(contexts))
            .outOfSuccess();
    return Long.parseLong(lines.get(0));
  }
}
