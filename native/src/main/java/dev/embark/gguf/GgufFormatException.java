package dev.embark.gguf;

import java.io.IOException;

/**
 * Thrown for a file that is not a complete GGUF file; the message names the file, the fault and the
 * remedy.
 */
public final class GgufFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message for the user. */
  public GgufFormatException(String message) {
    super(message);
  }
}
