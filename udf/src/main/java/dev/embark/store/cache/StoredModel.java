package dev.embark.store.cache;

import java.nio.file.Path;

/**
 * A complete local file of a model or its packed weights, with a verified hash. No Embark process
 * removes the file until this object is closed. Safe for any thread.
 */
public interface StoredModel extends AutoCloseable {
  /** The local file. */
  Path path();

  /** The SHA-256 of the file in lower-case hex. */
  String sha256();

  /** Releases the file. Idempotent. */
  @Override
  void close();
}
