package dev.embark.bench;

/** A side could not execute a command; the message gives the reason. */
final class SideException extends Exception {
  private static final long serialVersionUID = 1L;

  SideException(String message) {
    super(message);
  }
}
