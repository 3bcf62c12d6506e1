package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.Embedded;
import dev.embark.engine.RandomBert;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.Pooling;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Batches of random tokens through models of {@link RandomBert}; the same tokens each time. */
public final class RandomBatches {
  // Tokens of the sequences of each batch.
  private static final List<int[]> BATCHES =
      List.of(
          new int[] {1},
          new int[] {2},
          new int[] {257},
          new int[] {512},
          new int[] {1, 2, 257, 33, 12, 100},
          filled(256, 1),
          filled(256, 2));

  private RandomBatches() {}

  /** Batches that make {@link #vectors(LlamaModel)}. */
  public static int count() {
    return BATCHES.size();
  }

  /** The same weights, as llama.cpp alone multiplies them best. */
  public static Path inF32(Path file) throws IOException {
    GgufValue name = GgufValue.string("in F32");
    return ChangedModel.with(file, file.resolveSibling("in-f32.gguf"), "general.name", name);
  }

  public static List<float[]> vectors(Path file, Acceleration acceleration) {
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration))) {
      return vectors(model);
    }
  }

  public static List<float[]> vectors(LlamaModel model) {
    List<float[]> all = new ArrayList<>();
    for (int[] lengths : BATCHES) {
      all.addAll(vectors(model, Pooling.MODEL, lengths));
    }
    return all;
  }

  /**
   * The vector of each sequence of random tokens in a batch. The first sequence of a length has the
   * same tokens in any batch, and so has the second.
   */
  public static List<float[]> vectors(LlamaModel model, Pooling pooling, int[] lengths) {
    try (LlamaContext context = new LlamaContext(model, RandomBert.CONTEXT, pooling);
        TokenBatch batch = new TokenBatch(model, RandomBert.CONTEXT, context.maxSequences())) {
      for (int sequence = 0; sequence < lengths.length; sequence++) {
        int length = lengths[sequence];
        long earlier = Arrays.stream(lengths, 0, sequence).filter(other -> other == length).count();
        Random random = new Random(length + 1_000 * earlier);
        for (int position = 0; position < length; position++) {
          int token = random.nextInt(model.vocabularySize());
          batch.add(token, position, new int[] {sequence}, true);
        }
      }
      return decode(model, context, batch, lengths.length);
    }
  }

  public static List<float[]> decode(
      LlamaModel model, LlamaContext context, TokenBatch batch, int sequences) {
    assertThat(context.decode(batch)).isEqualTo(LlamaContext.Status.DONE);
    List<float[]> vectors = new ArrayList<>();
    for (int sequence = 0; sequence < sequences; sequence++) {
      float[] vector = new float[model.dimensions()];
      assertThat(context.embedding(sequence, vector)).isTrue();
      vectors.add(vector);
    }
    return vectors;
  }

  public static double furthest(List<float[]> found, List<float[]> expected) {
    assertThat(found).hasSameSizeAs(expected);
    double furthest = 0;
    for (int i = 0; i < expected.size(); i++) {
      double distance = Embedded.distance(found.get(i), expected.get(i));
      furthest = Math.max(furthest, Double.isNaN(distance) ? 2 : distance);
    }
    return furthest;
  }

  private static int[] filled(int n, int value) {
    int[] all = new int[n];
    Arrays.fill(all, value);
    return all;
  }
}
