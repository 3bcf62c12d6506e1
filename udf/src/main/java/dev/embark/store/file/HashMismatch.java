package dev.embark.store.file;

import java.io.IOException;
import java.util.Optional;

/** Thrown if a file has a different SHA-256 than expected. */
public final class HashMismatch extends IOException {
  private static final long serialVersionUID = 1L;

  private HashMismatch(String found, String expected) {
    super("it has SHA-256 " + found + ", but " + expected + " was asked for");
  }

  /**
   * Compares two hashes.
   *
   * @param found hash of the content; empty if unknown
   * @param expected empty if any content is accepted
   * @throws HashMismatch if both are known and differ
   */
  public static void check(Optional<String> found, Optional<String> expected) throws HashMismatch {
    if (found.isPresent() && expected.isPresent() && !found.equals(expected)) {
      throw new HashMismatch(found.get(), expected.get());
    }
  }
}
