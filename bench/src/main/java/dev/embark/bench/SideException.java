package dev.embark.bench;

/** A side could not do what it was told; the message says why. */
final class SideException extends Exception {
  private static final long serialVersionUID = 1L;

  SideException(String message) {
    super(message);
  }
}
