package dev.embark.engine.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * SentencePiece's precompiled map of characters and of sequences of characters to their
 * replacements: a double-array trie of the UTF-8 bytes of the keys, followed by the replacements,
 * each with a final NUL. Immutable and thread-safe.
 */
final class CharacterMap {
  private static final int UNITS_AT = Integer.BYTES; // after the size of the trie in bytes
  private static final long NOT_FOUND = 0;
  private static final byte[] NO_BYTES = {};

  private final int[] units;
  private final byte[] replacements;

  /**
   * Reads a map; of a damaged one it reads what there is.
   *
   * @param precompiled as in a SentencePiece model; empty for a map without keys
   */
  CharacterMap(ByteBuffer precompiled) {
    ByteBuffer map = precompiled.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int room = Math.max(0, map.remaining() - UNITS_AT);
    int bytes = room == 0 ? 0 : map.getInt();
    units = new int[Math.max(0, Math.min(bytes, room)) / Integer.BYTES];
    for (int i = 0; i < units.length; i++) {
      units[i] = map.getInt();
    }
    replacements = new byte[map.remaining()];
    map.get(replacements);
  }

  /** Returns the replacement of the shortest key that starts {@code text[from … to)}, or null. */
  byte[] replacement(byte[] text, int from, int to) {
    long found = find(text, from, to, false);
    return found == NOT_FOUND ? null : replacement((int) found);
  }

  /** Returns the length in bytes of the longest key that starts {@code text[from … to)}, or 0. */
  int longest(byte[] text, int from, int to) {
    return (int) (find(text, from, to, true) >>> Integer.SIZE);
  }

  /** Returns the length of a key in the upper half, and the place of its replacement. */
  private long find(byte[] text, int from, int to, boolean longest) {
    long found = NOT_FOUND;
    int node = offset(unit(0));
    for (int i = from; i < to && text[i] != 0; i++) {
      int label = Byte.toUnsignedInt(text[i]);
      node ^= label;
      int unit = unit(node);
      // The highest bit marks a replacement, so such a unit has no label.
      if ((unit & (1 << 31 | 0xFF)) != label) {
        break;
      }
      node ^= offset(unit);
      if ((unit >>> 8 & 1) == 1) {
        found = (long) (i - from + 1) << Integer.SIZE | (unit(node) & Integer.MAX_VALUE);
        if (!longest) {
          break;
        }
      }
    }
    return found;
  }

  private byte[] replacement(int at) {
    if (at >= replacements.length) {
      return NO_BYTES;
    }
    int end = at;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(replacements, at, end);
  }

  private int unit(int node) {
    return node >= 0 && node < units.length ? units[node] : 0;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 1 << 9) >>> 6);
  }
}
