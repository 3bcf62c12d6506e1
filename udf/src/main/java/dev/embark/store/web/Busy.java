package dev.embark.store.web;

import java.io.IOException;
import java.time.Duration;

/** Thrown if a server takes no more requests for now. */
final class Busy extends IOException {
  private static final long serialVersionUID = 1L;

  private final Duration wish;

  /**
   * @param wish time that the server asks to wait; zero if it names none
   */
  Busy(String message, Duration wish) {
    super(message);
    this.wish = wish;
  }

  Duration wish() {
    return wish;
  }
}
