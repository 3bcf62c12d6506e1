package dev.embark.model.convert;

import java.io.IOException;

/**
 * Thrown for a model that cannot be converted; the message names the file, the fault and the
 * remedy.
 */
public final class ConversionException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message for the user. */
  public ConversionException(String message) {
    super(message);
  }

  /** Creates an exception with a message for the user and its cause. */
  public ConversionException(String message, Throwable cause) {
    super(message, cause);
  }
}
