package dev.embark.engine;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.rows.EmbeddedRows;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.complex.ListVector;

/**
 * A window of texts as an engine embedded it.
 *
 * @param rows what became of each
 * @param vectors of each row, null where there is none
 */
public record Embedded(EmbeddedRows rows, List<float[]> vectors) {

  public static Embedded of(EmbeddingEngine engine, BufferAllocator allocator, String... texts) {
    return ofBytes(engine, allocator, utf8(texts));
  }

  public static Embedded ofBytes(
      EmbeddingEngine engine, BufferAllocator allocator, List<byte[]> texts) {
    try (ListVector out = VectorWriter.newVector("embedding", allocator)) {
      EmbeddedRows rows = engine.embed(texts, out, () -> false);
      float[][] vectors = new float[texts.size()][];
      for (int row = 0; row < vectors.length; row++) {
        if (!out.isNull(row)) {
          vectors[row] = floats(out.getObject(row));
        }
      }
      return new Embedded(rows.copy(), Arrays.asList(vectors));
    }
  }

  /** With Java's own encoding; a null text stays null. */
  public static List<byte[]> utf8(String... texts) {
    return Arrays.stream(texts)
        .map(text -> text == null ? null : text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  public float[] vector(int row) {
    return vectors.get(row);
  }

  /** 1 − cosine. */
  public static double distance(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return 1 - dot / Math.sqrt(aa * bb);
  }

  private static float[] floats(List<?> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (Float) values.get(i);
    }
    return floats;
  }
}
