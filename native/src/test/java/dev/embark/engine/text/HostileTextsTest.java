package dev.embark.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.Embedded;
import dev.embark.engine.RandomBert;
import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufTensorType;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ten times as many texts in the profile {@code fuzz}; through another model with {@code
 * -Dembark.test.model=PATH}; without the accelerator with {@code -Dembark.test.acceleration=OFF}.
 */
public class HostileTextsTest {
  private static final boolean FUZZ = Boolean.getBoolean("embark.fuzz");
  private static final String MODEL = System.getProperty("embark.test.model");
  private static final ModelOptions OPTIONS =
      ModelOptions.cpu(
          Acceleration.valueOf(System.getProperty("embark.test.acceleration", "FAST")));
  private static final int TEXTS = FUZZ ? 20_000 : MODEL == null ? 2_000 : 400;
  private static final int WINDOW = 200;

  // Anything else would be the engine's fault and not the row's.
  private static final Set<Kind> REASONS = EnumSet.of(Kind.EMPTY, Kind.NOT_TEXT);

  @TempDir Path dir;

  @ParameterizedTest
  @MethodSource("modelsGiven")
  void everyHostileTextHasAVectorOrAReasonAndHarmsNoNeighbour(String name) throws IOException {
    List<byte[]> texts = HostileTexts.of(50, TEXTS);
    try (LlamaModel model = ModelLoader.load(write(name, dir), OPTIONS);
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine = new EmbeddingEngine(model, options("truncate"))) {
      for (int start = 0; start < texts.size(); start += WINDOW) {
        survives(engine, allocator, texts.subList(start, start + WINDOW));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("modelsGiven")
  void hostileTextsInChunksHaveVectorsOrReasonsToo(String name) throws IOException {
    List<byte[]> texts = HostileTexts.of(51, WINDOW);
    try (LlamaModel model = ModelLoader.load(write(name, dir), OPTIONS);
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine = new EmbeddingEngine(model, options("chunk"))) {
      survives(engine, allocator, texts);
    }
  }

  @Tag("native")
  @ParameterizedTest
  @MethodSource("modelsGiven")
  void aTextWithoutAnEndIsCutAndHarmsNoNeighbour(String name) throws IOException {
    List<byte[]> texts = HostileTexts.endless(1 << 20, FUZZ ? 300_000 : 30_000);
    try (LlamaModel model = ModelLoader.load(write(name, dir), OPTIONS);
        BufferAllocator allocator = new RootAllocator();
        EmbeddingEngine engine = new EmbeddingEngine(model, options("truncate"))) {
      survives(engine, allocator, texts);
    }
  }

  @Test
  void oneOfTheModelsGoesThroughTheAcceleratorWhereThereIsOne() throws IOException {
    try (LlamaModel model = ModelLoader.load(write("BERT", dir), ModelOptions.cpu())) {
      assertThat(model.acceleration() == Acceleration.OFF)
          .isEqualTo(Accelerator.kernelsOf(Acceleration.FAST).isEmpty());
    }
  }

  public static List<String> modelsGiven() {
    return MODEL == null ? models() : List.of(MODEL);
  }

  /** The test models. */
  static List<String> models() {
    List<String> names =
        new ArrayList<>(List.of("BERT", "BYTE_PAIR", "jina-bert-v2", "jina-bert-v3"));
    for (TinyKind kind : TinyKind.values()) {
      names.add(kind.name());
    }
    return names;
  }

  /** Writes a test model; another one is where its name says. */
  public static Path write(String name, Path dir) throws IOException {
    if (name.equals(MODEL)) {
      return Path.of(name);
    }
    return switch (name) {
      case "BERT" -> TinyModel.wordPiece(dir);
      case "BYTE_PAIR" -> TinyModel.bytePair(dir);
      case "jina-bert-v2", "jina-bert-v3" ->
          new RandomBert(name, 2, 2, 32, 64, GgufTensorType.F16).write(dir);
      default -> TinyKind.valueOf(name).write(dir);
    };
  }

  private static EmbedOptions options(String longText) {
    return EmbedOptions.of(Map.of("longText", longText, "maxTokens", "64"));
  }

  /** The texts in an order of their own, a harmless one among every few. */
  private static void survives(
      EmbeddingEngine engine, BufferAllocator allocator, List<byte[]> texts) {
    byte[] harmless = "dog sees the old cat".getBytes(StandardCharsets.UTF_8);
    float[] alone = Embedded.ofBytes(engine, allocator, List.of(harmless)).vector(0);
    // A model of letters alone knows no space, and has a vector all the same.
    assertThat(alone).isNotNull();
    List<byte[]> window = new ArrayList<>(texts);
    Collections.shuffle(window, new Random(52));
    for (int at = 0; at < window.size(); at += 20) {
      window.add(at, harmless);
    }
    Embedded embedded = Embedded.ofBytes(engine, allocator, window);
    for (int row = 0; row < window.size(); row++) {
      float[] vector = embedded.vector(row);
      EmbarkException error = embedded.rows().error(row);
      assertThat(vector == null).as("row %d: %s", row, error).isEqualTo(error != null);
      if (error != null) {
        assertThat(REASONS).as("row %d: %s", row, error).contains(error.kind());
      } else {
        for (float value : vector) {
          assertThat(Float.isFinite(value)).isTrue();
        }
      }
      if (window.get(row) == harmless) {
        assertThat(Embedded.distance(vector, alone)).isLessThan(1e-5);
      }
    }
  }
}
