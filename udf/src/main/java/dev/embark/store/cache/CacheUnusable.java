package dev.embark.store.cache;

import java.io.IOException;

/**
 * Thrown if the cache cannot store a copy because of its settings or disk; the message names the
 * setting to change.
 */
public final class CacheUnusable extends IOException {
  private static final long serialVersionUID = 1L;

  public CacheUnusable(String message, IOException cause) {
    super(message, cause);
  }
}
