package dev.embark.store.cache;

import java.nio.file.Path;

/**
 * A model file, or one of packed weights, that is there, whole and known by its hash. Until it is
 * closed, no process of Embark removes it. Safe for any thread.
 */
public interface StoredModel extends AutoCloseable {
  /** The file, on this machine's disk. */
  Path path();

  /** Of its bytes, lower-case hex. */
  String sha256();

  /** Says that the file is not needed any more; does nothing the second time. */
  @Override
  void close();
}
