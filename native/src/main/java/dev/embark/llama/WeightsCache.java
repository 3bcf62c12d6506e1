package dev.embark.llama;

import dev.embark.engine.batch.Packing;
import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Cache of one model's weights in the packed format of the accelerator, as files that all processes
 * of a node map. Called on the threads that load the model.
 */
@FunctionalInterface
public interface WeightsCache {
  /** Caches nothing: each process packs the weights in its own memory. */
  WeightsCache NONE = (name, packing) -> Optional.empty();

  /**
   * Returns a file of packed weights.
   *
   * @param name of the packed format: letters, digits, hyphens and underscores
   * @param packing writes the file if it does not exist yet
   * @return empty if no file can be cached
   * @throws EmbarkException when the model cannot be loaded, or the thread was interrupted
   */
  Optional<Weights> open(String name, Packing packing);

  /** Packs the weights of the model. */
  @FunctionalInterface
  interface Packing {
    /**
     * Writes the packed weights.
     *
     * @param file a path that does not exist yet
     * @throws IOException when the file cannot be written
     */
    void writeTo(Path file) throws IOException;
  }

  /** A cached file that remains unchanged until it is closed. Thread-safe. */
  interface Weights extends AutoCloseable {
    /** Returns the file. */
    Path path();

    /** Releases the file once it is no longer mapped. */
    @Override
    void close();
  }
}
