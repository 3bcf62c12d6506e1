package dev.embark.job.scan;

import dev.embark.job.scan.TextFault.Kind;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Detects UTF-16 in the first bytes of a text that is about to be read with another encoding. */
final class Utf16Detector {
  /** Number of leading bytes inspected. */
  static final int HEAD = 4096;

  // In UTF-16, spaces, digits, separators and line ends contain a zero byte in every script.
  private static final double LEAST_ZEROS = 0.1;
  private static final double MOST_STRAY_ZEROS = 0.01;

  private Utf16Detector() {}

  /** Returns whether an encoding uses at least two bytes per character. */
  static boolean isWide(Charset charset) {
    return charset.name().startsWith("UTF-16") || charset.name().startsWith("UTF-32");
  }

  /** Returns a UTF-16 encoding if the bytes look like it, otherwise UTF-8. */
  static Charset charset(byte[] head) {
    TextFault fault = fault(head);
    if (fault == null) {
      return StandardCharsets.UTF_8;
    }
    return fault.kind() == Kind.LOOKS_LIKE_UTF_16LE
        ? StandardCharsets.UTF_16LE
        : StandardCharsets.UTF_16BE;
  }

  /** Returns the fault if the bytes look like UTF-16, otherwise null. */
  static TextFault fault(byte[] head) {
    if (head.length >= 2) {
      int mark = (head[0] & 0xFF) << 8 | (head[1] & 0xFF);
      if (mark == 0xFFFE) {
        return TextFault.of(Kind.LOOKS_LIKE_UTF_16LE, 1);
      }
      if (mark == 0xFEFF) {
        return TextFault.of(Kind.LOOKS_LIKE_UTF_16BE, 1);
      }
    }
    int[] zeros = new int[2];
    for (int i = 0; i < head.length; i++) {
      if (head[i] == 0) {
        zeros[i % 2]++;
      }
    }
    double pairs = Math.max(1, head.length / 2.0);
    if (zeros[1] / pairs > LEAST_ZEROS && zeros[0] / pairs < MOST_STRAY_ZEROS) {
      return TextFault.of(Kind.LOOKS_LIKE_UTF_16LE, 1);
    }
    if (zeros[0] / pairs > LEAST_ZEROS && zeros[1] / pairs < MOST_STRAY_ZEROS) {
      return TextFault.of(Kind.LOOKS_LIKE_UTF_16BE, 1);
    }
    return null;
  }
}
