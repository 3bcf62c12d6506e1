package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.embark.engine.Embedded;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.NativeHandles;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows of a few tokens, as of interactive queries. */
class ShortTextTest {
  private static final int CALLS = 2_000;
  private static final int SMALLEST_OBJECT = 16; // bytes
  private static final BooleanSupplier NEVER = () -> false;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"dog sees the old cat, ''", "the sun, 'query: '"})
  void onlyTheFirstCostsMemory(String text, String prefix) throws IOException {
    List<byte[]> one = Embedded.utf8(text);
    List<byte[]> some = Embedded.utf8(text, null, "moon", "river: a tree", "new");
    try (LlamaModel model = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine =
            new EmbeddingEngine(model, EmbedOptions.of(Map.of("prefix", prefix)));
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      for (List<byte[]> window : List.of(one, some)) {
        embed(engine, window, out); // classes, and buffers of that size
        long made = NativeHandles.made();
        long native0 = allocator.getPeakMemoryAllocation();
        long java0 = THREADS.getCurrentThreadAllocatedBytes();
        embed(engine, window, out);
        long java = THREADS.getCurrentThreadAllocatedBytes() - java0;

        // The JVM itself may allocate a little now and then.
        assertThat(java).isLessThan((long) CALLS * SMALLEST_OBJECT);
        assertThat(NativeHandles.made()).isEqualTo(made);
        assertThat(allocator.getPeakMemoryAllocation()).isEqualTo(native0);
        assertThat(out.isNull(0)).isFalse();
      }
    }
  }

  private static void embed(EmbeddingEngine engine, List<byte[]> window, ListVector out) {
    for (int i = 0; i < CALLS; i++) {
      engine.embed(window, out, NEVER);
    }
  }

  @Test
  void whatBecameOfAWindowIsOverwrittenByTheNextUnlessItWasCopied() throws IOException {
    try (LlamaModel model = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu());
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine =
            new EmbeddingEngine(
                model, EmbedOptions.of(Map.of("maxTokens", "4", "longText", "error")));
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      EmbeddedRows rows =
          engine.embed(Embedded.utf8("dog", "dog sees the old cat", "cat"), out, NEVER);
      EmbeddedRows kept = rows.copy();
      assertThat(engine.embed(Embedded.utf8("the old", "sun"), out, NEVER)).isSameAs(rows);

      assertThat(rows.size()).isEqualTo(2);
      assertThat(rows.tokens(0)).isEqualTo(4);
      assertThat(rows.isEmbedded(1)).isTrue();
      assertThat(rows.error(1)).isNull();
      assertThat(kept.size()).isEqualTo(3);
      assertThat(kept.tokens(0)).isEqualTo(3);
      assertThat(kept.isEmbedded(1)).isFalse();
      assertThat(kept.error(1).kind()).isEqualTo(EmbarkException.Kind.TOO_LONG);
      assertThat(kept.isEmbedded(2)).isTrue();
    }
  }
}
