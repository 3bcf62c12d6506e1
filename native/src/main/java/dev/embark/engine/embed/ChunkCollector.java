package dev.embark.engine.embed;

import dev.embark.engine.chunks.TextChunks;
import dev.embark.engine.options.Normalization;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbeddedRows;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.complex.ListVector;

/**
 * Writes the vectors of the distinct chunks of one window and attributes failures to their rows.
 */
final class ChunkCollector implements Encoder.Sink {
  private final VectorWriter writer;
  private final int dimensions;
  private final Normalization normalization;
  private final Map<Integer, EmbarkException> errors = new HashMap<>(); // by sequence

  /**
   * @param out overwritten with one row per sequence
   */
  ChunkCollector(ListVector out, int sequences, int dimensions, Normalization normalization) {
    this.writer = new VectorWriter(dimensions).start(out, sequences);
    this.dimensions = dimensions;
    this.normalization = normalization;
  }

  @Override
  public void vector(int sequence, float[] vector) {
    normalization.apply(vector, dimensions);
    writer.write(sequence, vector);
  }

  @Override
  public void error(int sequence, EmbarkException error) {
    errors.put(sequence, error);
  }

  /** Completes the window: a row is done if each of its chunks has a vector. */
  void finish(List<byte[]> window, TextChunks chunks) {
    EmbeddedRows outcomes = chunks.outcomes();
    for (int row = 0; row < window.size(); row++) {
      if (window.get(row) != null && outcomes.error(row) == null) {
        outcomes.setDone(row);
        for (int i = chunks.first(row); i < chunks.first(row) + chunks.count(row); i++) {
          EmbarkException error = errors.get(chunks.sequence(i));
          if (error != null) {
            outcomes.setError(row, error);
          }
        }
      }
    }
    writer.finish();
  }
}
