package dev.embark.submit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Standard output of spark-submit, without the line that Ivy prints there before anything else when
 * it is given settings for {@code --packages}. Standard output is for results alone.
 */
final class ProgramOutput {
  private static final byte[] IVY = ":: loading settings".getBytes(StandardCharsets.UTF_8);

  private ProgramOutput() {}

  /**
   * Passes bytes on as they come, until the program ends or nobody reads them; closes the input, so
   * that the program notices.
   */
  static void pass(InputStream from, OutputStream to) throws IOException {
    try (BufferedInputStream in = new BufferedInputStream(from)) {
      in.mark(IVY.length);
      if (Arrays.equals(in.readNBytes(IVY.length), IVY)) {
        skipLine(in);
      } else {
        in.reset();
      }
      in.transferTo(to);
    }
  }

  private static void skipLine(InputStream in) throws IOException {
    int read;
    do {
      read = in.read();
    } while (read >= 0 && read != '\n');
  }
}
