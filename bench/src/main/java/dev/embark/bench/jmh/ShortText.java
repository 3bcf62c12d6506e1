package dev.embark.bench.jmh;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * One short text at a time, as of an interactive query: what a call takes and how many bytes of
 * Java memory it allocates. {@code bench/jmh.sh} runs it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ShortText {
  private static final String MODEL = "embark.bench.model";

  private final List<byte[]> window =
      List.of("In hot weather, water vegetables deeply at dawn.".getBytes(StandardCharsets.UTF_8));
  private LlamaModel model;
  private EmbeddingEngine engine;
  private BufferAllocator allocator;
  private ListVector out;

  /** Arguments: the model in GGUF, and where to write JSON. */
  public static void main(String[] args) throws Exception {
    new Runner(
            new OptionsBuilder()
                .include(ShortText.class.getName())
                .addProfiler(GCProfiler.class)
                .jvmArgsAppend(
                    "-D" + MODEL + "=" + args[0], "--add-opens=java.base/java.nio=ALL-UNNAMED")
                .resultFormat(ResultFormatType.JSON)
                .result(args[1])
                .build())
        .run();
  }

  /** Loads the model, and lets the first text allocate what stays. */
  @Setup
  public void open() {
    model = ModelLoader.load(Path.of(System.getProperty(MODEL)), ModelOptions.cpu());
    engine = new EmbeddingEngine(model, EmbedOptions.defaults());
    allocator = new RootAllocator();
    out = VectorWriter.newVector("embedding", allocator);
    if (!embed().isEmbedded(0)) {
      throw new IllegalStateException("the text has no vector");
    }
  }

  /** Frees it all. */
  @TearDown
  public void close() {
    out.close();
    allocator.close();
    engine.close();
    model.close();
  }

  /** Tokenises. */
  @Benchmark
  public EmbeddedRows tokenize() {
    return engine.countTokens(window);
  }

  /** Tokenises, packs, decodes and writes. */
  @Benchmark
  public EmbeddedRows embed() {
    return engine.embed(window, out, () -> false);
  }
}
