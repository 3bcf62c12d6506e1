package dev.embark.engine.embed;

import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.options.Normalization;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.TokenizedTexts;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.complex.ListVector;

/**
 * Writes the vectors of the chunks of one window and attributes failures to their rows. A sequence
 * is one chunk, or has several as its parts.
 */
final class ChunkCollector implements Encoder.Sink {
  private final TokenizedTexts texts;
  private final VectorWriter writer;
  private final int dimensions;
  private final Normalization normalization;
  private final Map<Integer, EmbarkException> errors = new HashMap<>(); // by vector

  /**
   * @param texts the chunks as sequences
   * @param out overwritten with one row per vector of the sequences
   */
  ChunkCollector(
      TokenizedTexts texts, ListVector out, int dimensions, Normalization normalization) {
    this.texts = texts;
    this.writer = new VectorWriter(dimensions).start(out, texts.outputs());
    this.dimensions = dimensions;
    this.normalization = normalization;
  }

  @Override
  public void vector(int sequence, float[] vector) {
    int n = texts.outputs(sequence);
    int width = vector.length / n;
    for (int i = 0; i < n; i++) {
      float[] one = n == 1 ? vector : Arrays.copyOfRange(vector, i * width, (i + 1) * width);
      normalization.apply(one, dimensions);
      writer.write(texts.firstOutput(sequence) + i, one);
    }
  }

  @Override
  public void error(int sequence, EmbarkException error) {
    for (int i = 0; i < texts.outputs(sequence); i++) {
      errors.put(texts.firstOutput(sequence) + i, error);
    }
  }

  /** Completes the window: a row is done if each of its chunks has a vector. */
  void finish(List<byte[]> window, TextChunks chunks) {
    EmbeddedRows outcomes = chunks.outcomes();
    for (int row = 0; row < window.size(); row++) {
      if (window.get(row) != null && outcomes.error(row) == null) {
        outcomes.setDone(row);
        for (int i = chunks.first(row); i < chunks.first(row) + chunks.count(row); i++) {
          EmbarkException error = errors.get(chunks.vector(i));
          if (error != null) {
            outcomes.setError(row, error);
          }
        }
      }
    }
    writer.finish();
  }
}
