package dev.embark.imports;

import java.io.IOException;

/**
 * Thrown for a folder that cannot become a GGUF file: it is damaged, or holds what llama.cpp or
 * this importer cannot represent. The message is the reason, written to follow a colon, and says
 * what to do.
 */
public final class ImportException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates a refusal. */
  public ImportException(String message) {
    super(message);
  }

  /** Creates a refusal with its cause. */
  public ImportException(String message, Throwable cause) {
    super(message, cause);
  }
}
