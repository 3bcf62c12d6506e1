package dev.embark.store.cache;

import java.io.IOException;

/** A cache that cannot take a copy, by its settings or its disk; the message names what to set. */
public final class CacheUnusable extends IOException {
  private static final long serialVersionUID = 1L;

  public CacheUnusable(String message, IOException cause) {
    super(message, cause);
  }
}
