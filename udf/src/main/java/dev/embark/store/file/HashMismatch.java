package dev.embark.store.file;

import java.io.IOException;
import java.util.Optional;

/** A content that is not the one that was asked for. */
public final class HashMismatch extends IOException {
  private static final long serialVersionUID = 1L;

  private HashMismatch(String found, String expected) {
    super("it has SHA-256 " + found + ", but " + expected + " was asked for");
  }

  /**
   * Compares two hashes.
   *
   * @param found of the content; empty while it is unknown
   * @param expected empty where any content will do
   * @throws HashMismatch if both are known and differ
   */
  public static void check(Optional<String> found, Optional<String> expected) throws HashMismatch {
    if (found.isPresent() && expected.isPresent() && !found.equals(expected)) {
      throw new HashMismatch(found.get(), expected.get());
    }
  }
}
