package dev.embark.store;

import java.io.IOException;

/** A content that is not the one that was asked for. */
final class HashMismatch extends IOException {
  private static final long serialVersionUID = 1L;

  HashMismatch(String found, String expected) {
    super("it has SHA-256 " + found + ", but " + expected + " was asked for");
  }
}
