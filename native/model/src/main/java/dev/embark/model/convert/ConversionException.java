package dev.embark.model.convert;

import java.io.IOException;

/** A model that cannot be converted; the message names the file, what is wrong, what to do. */
public final class ConversionException extends IOException {

  private static final long serialVersionUID = 1L;

  /** An error with the sentence to show. */
  public ConversionException(String message) {
    super(message);
  }

  /** An error with the sentence to show and what led to it. */
  public ConversionException(String message, Throwable cause) {
    super(message, cause);
  }
}
