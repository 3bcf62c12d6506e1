package dev.embark.store;

import java.io.IOException;

/** A cache that cannot take a copy, by its settings or its disk; the message names what to set. */
final class CacheUnusable extends IOException {
  private static final long serialVersionUID = 1L;

  CacheUnusable(String message, IOException cause) {
    super(message, cause);
  }
}
