package dev.embark.llama;

import dev.embark.engine.batch.Packing;
import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Keeps the weights of one model, as the accelerator packs them, in files that all processes of a
 * node map. Used by the threads that load the model.
 */
@FunctionalInterface
public interface WeightsCache {
  /** Keeps nothing: each process packs weights into memory of its own. */
  WeightsCache NONE = (name, packing) -> Optional.empty();

  /**
   * A file of packed weights.
   *
   * @param name of the way they are packed: letters, digits, hyphens and underscores
   * @param packing makes the file where it is not there yet
   * @return empty where no file can be kept
   * @throws EmbarkException when the model cannot be loaded, or the thread was interrupted
   */
  Optional<Weights> open(String name, Packing packing);

  /** Packs the weights of the model. */
  @FunctionalInterface
  interface Packing {
    /**
     * @param file that is not there yet
     * @throws IOException when it cannot be written
     */
    void writeTo(Path file) throws IOException;
  }

  /** A file that stays as it is until it is closed. Safe for any thread. */
  interface Weights extends AutoCloseable {
    /** The file. */
    Path path();

    /** Says that it is not mapped any more. */
    @Override
    void close();
  }
}
