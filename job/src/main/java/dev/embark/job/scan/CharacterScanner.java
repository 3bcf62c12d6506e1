package dev.embark.job.scan;

import java.util.Optional;

/** Scanner for faults in the characters of one file, which it consumes in order. */
interface CharacterScanner {
  /**
   * Consumes characters.
   *
   * @param length number of characters to consume
   * @return false if a fault was found; no further characters are consumed
   */
  boolean take(char[] chars, int length);

  /** Consumes the end of the file. */
  void end();

  /** Returns the first fault; empty if there is none so far. */
  Optional<TextFault> fault();

  /** Returns the CSV header; empty if there is none. */
  default String header() {
    return "";
  }
}
