package dev.embark.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Identifies the actual content of a file that was given as a GGUF model but lacks the GGUF magic
 * number.
 */
final class NotGguf {

  private static final int PROBE_BYTES = 512;

  private NotGguf() {}

  /** Returns the exception for a file without the GGUF magic number. */
  static GgufFormatException explain(Path file, FileChannel channel) throws IOException {
    ByteBuffer probe = ByteBuffer.allocate(PROBE_BYTES);
    int n = Math.max(0, channel.read(probe, 0));
    byte[] start = new byte[n];
    probe.flip().get(start);
    return new GgufFormatException(file + " is not a GGUF model: " + reason(start));
  }

  private static String reason(byte[] start) {
    if (start.length == 0) {
      return "the file is empty; download or copy it again";
    }
    // ISO-8859-1 maps each byte to one character, so it accepts binary data.
    String text = new String(start, StandardCharsets.ISO_8859_1);
    String lower = text.stripLeading().toLowerCase(Locale.ROOT);
    if (lower.startsWith("version https://git-lfs")) {
      return "it is a Git LFS pointer; run 'git lfs pull' to fetch the file that it points to";
    }
    if (lower.startsWith("<!doctype") || lower.startsWith("<html") || lower.startsWith("<?xml")) {
      return "it is a web page, perhaps an error or login page saved by a download; download the"
          + " model file itself";
    }
    if (text.startsWith("PK\u0003\u0004") || text.startsWith("\u001f\u008b")) {
      return "it is an archive; unpack it and use the .gguf file inside";
    }
    if (isPrintable(start)) {
      return "it is a text file; give the path of a .gguf file";
    }
    int shown = Math.min(start.length, 8);
    return "it starts with the bytes "
        + HexFormat.ofDelimiter(" ").formatHex(start, 0, shown)
        + " instead of 'GGUF'; convert the model to GGUF first";
  }

  private static boolean isPrintable(byte[] bytes) {
    for (byte b : bytes) {
      if (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t') {
        return false;
      }
    }
    return true;
  }
}
