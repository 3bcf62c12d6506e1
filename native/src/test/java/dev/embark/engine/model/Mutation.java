package dev.embark.engine.model;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Damages a GGUF file in the ways in which files are damaged, and in those of an attacker. */
final class Mutation {
  private static final long[] ODD = {
    0,
    1,
    2,
    3,
    7,
    31,
    33,
    64,
    255,
    511,
    513,
    65_535,
    1 << 20,
    Integer.MAX_VALUE,
    0x8000_0000L,
    0xFFFF_FFFFL,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final GgufHeader header;
  private final byte[] bytes;
  private final ByteBuffer buffer;
  private final Random random;

  private Mutation(GgufHeader header, byte[] model, Random random) {
    this.header = header;
    this.bytes = model.clone();
    this.buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.random = random;
  }

  /** A damaged copy, the same one for the same seed. */
  static byte[] of(GgufHeader header, byte[] model, long seed) {
    Mutation mutation = new Mutation(header, model, new Random(seed));
    int kind = (int) (seed % 8);
    switch (kind) {
      case 0 -> mutation.flip(Math.toIntExact(header.dataOffset()));
      case 1 -> mutation.flip(model.length);
      case 2 -> {
        return Arrays.copyOf(model, mutation.random.nextInt(model.length));
      }
      case 3 -> mutation.oddNumberInTheHeader();
      case 4, 5 -> mutation.oddMetadata();
      case 6 -> mutation.oddTensor();
      default -> mutation.stretchOfNoise();
    }
    return mutation.bytes;
  }

  private void flip(int end) {
    for (int i = 0; i <= random.nextInt(4); i++) {
      bytes[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
    }
  }

  private void oddNumberInTheHeader() {
    int at = 4 + random.nextInt(Math.toIntExact(header.dataOffset()) - 12);
    if (random.nextBoolean()) {
      buffer.putLong(at, odd());
    } else {
      buffer.putInt(at, (int) odd());
    }
  }

  private void oddMetadata() {
    List<Map.Entry<String, GgufValue>> numbers =
        header.metadata().entrySet().stream()
            .filter(e -> !(e.getValue().value() instanceof String))
            .toList();
    Map.Entry<String, GgufValue> entry = numbers.get(random.nextInt(numbers.size()));
    int value = after(entry.getKey()) + Integer.BYTES;
    switch (entry.getValue().type()) {
      case BOOL, UINT8, INT8 -> bytes[value] = (byte) random.nextInt(3);
      case ARRAY -> {
        // Behind the type of its elements and their number, or those themselves.
        int at = random.nextInt(4) == 0 ? value : value + 12 + random.nextInt(64);
        buffer.putInt(at, (int) odd());
      }
      default -> buffer.putInt(value, (int) odd());
    }
  }

  private void oddTensor() {
    GgufTensor tensor = header.tensors().get(random.nextInt(header.tensors().size()));
    int at = after(tensor.name());
    int types = at + Integer.BYTES + Long.BYTES * tensor.shape().size();
    switch (random.nextInt(5)) {
      case 0 -> buffer.putInt(at, random.nextInt(6));
      case 1 -> buffer.putLong(at + Integer.BYTES, odd());
      case 2 -> buffer.putInt(types, random.nextInt(45));
      case 3 -> buffer.putInt(types, random.nextBoolean() ? 1 : 30);
      default -> buffer.putLong(types + Integer.BYTES, odd());
    }
  }

  private void stretchOfNoise() {
    int length = 1 + random.nextInt(64);
    int at = 4 + random.nextInt(Math.toIntExact(header.dataOffset()) - length - 4);
    for (int i = at; i < at + length; i++) {
      bytes[i] = random.nextInt(3) == 0 ? (byte) random.nextInt() : 0;
    }
  }

  private long odd() {
    return random.nextInt(3) == 0 ? random.nextLong() : ODD[random.nextInt(ODD.length)];
  }

  /** The place behind a string of the header. */
  private int after(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at + Long.BYTES + utf8.length < bytes.length; at++) {
      if (buffer.getLong(at) == utf8.length
          && Arrays.equals(
              bytes, at + Long.BYTES, at + Long.BYTES + utf8.length, utf8, 0, utf8.length)) {
        return at + Long.BYTES + utf8.length;
      }
    }
    throw new IllegalArgumentException("no string " + name);
  }
}
