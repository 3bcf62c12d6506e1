package dev.embark.gguf;

import java.io.IOException;

/** A file that is not a whole GGUF file; the message names the file, what is wrong, what to do. */
public final class GgufFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  /** An error with the sentence to show. */
  public GgufFormatException(String message) {
    super(message);
  }
}
