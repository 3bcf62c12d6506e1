package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a safetensors file. Every length is checked against the size of the file, so
 * a damaged file can neither exhaust memory nor be read beyond its end. Stateless.
 */
final class Safetensors {
  // The limit of the format's own library.
  private static final long MAX_HEADER_BYTES = 100_000_000;
  private static final String METADATA = "__metadata__";

  private static final Map<String, Integer> BYTES =
      Map.ofEntries(
          Map.entry("F64", 8),
          Map.entry("F32", 4),
          Map.entry("F16", 2),
          Map.entry("BF16", 2),
          Map.entry("F8_E4M3", 1),
          Map.entry("F8_E5M2", 1),
          Map.entry("I64", 8),
          Map.entry("I32", 4),
          Map.entry("I16", 2),
          Map.entry("I8", 1),
          Map.entry("U64", 8),
          Map.entry("U32", 4),
          Map.entry("U16", 2),
          Map.entry("U8", 1),
          Map.entry("BOOL", 1));

  private Safetensors() {}

  /**
   * Location of a tensor.
   *
   * @param type as the file names it, such as {@code BF16}
   * @param shape slowest-moving dimension first; empty for a single value
   * @param file name of its file in the folder
   * @param offset in bytes from the start of the file
   * @param bytes its length
   */
  record Tensor(String name, String type, List<Long> shape, String file, long offset, long bytes) {
    long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }
  }

  /**
   * Reads the tensors of a file.
   *
   * @param name of the file, for messages
   * @throws ImportException when the file is damaged
   */
  static List<Tensor> read(String name, Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      read(channel, length, 0);
      long header = size < Long.BYTES ? -1 : length.getLong(0);
      if (header < 2 || header > MAX_HEADER_BYTES || header > size - Long.BYTES) {
        throw new ImportException(
            name
                + (startsAsLfsPointer(length)
                    ? " is a Git LFS pointer; run 'git lfs pull' to fetch the file that it points"
                        + " to"
                    : " is not a whole safetensors file; download or copy it again"));
      }
      ByteBuffer json = ByteBuffer.allocate((int) header);
      read(channel, json, Long.BYTES);
      JsonNode root = ModelFolder.json("the header of " + name, json.array());
      List<Tensor> tensors = new ArrayList<>();
      long start = Long.BYTES + header;
      for (Map.Entry<String, JsonNode> entry : root.properties()) {
        if (!entry.getKey().equals(METADATA)) {
          tensors.add(tensor(name, entry.getKey(), entry.getValue(), start, size));
        }
      }
      checkApart(name, tensors);
      return tensors;
    }
  }

  /** Refuses tensors that share bytes, as the format's own library does. */
  private static void checkApart(String file, List<Tensor> tensors) throws ImportException {
    List<Tensor> inOrder =
        tensors.stream()
            .filter(tensor -> tensor.bytes() > 0)
            .sorted(Comparator.comparingLong(Tensor::offset))
            .toList();
    for (int i = 1; i < inOrder.size(); i++) {
      Tensor before = inOrder.get(i - 1);
      if (before.offset() + before.bytes() > inOrder.get(i).offset()) {
        throw new ImportException(
            "in %s the tensors '%s' and '%s' overlap; download or copy the file again"
                .formatted(file, before.name(), inOrder.get(i).name()));
      }
    }
  }

  private static boolean startsAsLfsPointer(ByteBuffer start) {
    return start.get(0) == 'v' && start.get(1) == 'e' && start.get(2) == 'r' && start.get(3) == 's';
  }

  private static Tensor tensor(String file, String name, JsonNode entry, long start, long size)
      throws ImportException {
    JsonNode offsets = entry.path("data_offsets");
    long begin = offset(offsets.path(0));
    long end = offset(offsets.path(1));
    String type = entry.path("dtype").asText();
    List<Long> shape = new ArrayList<>();
    boolean whole =
        entry.path("shape").isArray() && offsets.size() == 2 && begin >= 0 && begin <= end;
    for (JsonNode n : entry.path("shape")) {
      shape.add(offset(n));
      whole &= offset(n) >= 0;
    }
    if (!whole || end > size - start || !fills(type, shape, end - begin)) {
      throw new ImportException(
          file + " has no whole tensor '" + name + "'; download or copy the file again");
    }
    return new Tensor(name, type, List.copyOf(shape), file, start + begin, end - begin);
  }

  /** Returns a whole number that fits a long; -1 for any other value. */
  private static long offset(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToLong() ? value.asLong() : -1;
  }

  /** Returns whether a tensor has this many bytes; true for a type that is not known. */
  private static boolean fills(String type, List<Long> shape, long bytes) {
    Integer each = BYTES.get(type);
    try {
      return each == null || shape.stream().reduce((long) each, Math::multiplyExact).equals(bytes);
    } catch (ArithmeticException e) {
      return false;
    }
  }

  /** Fills a buffer from a position; leaves the rest zero at the end of the file. */
  private static void read(FileChannel channel, ByteBuffer buffer, long from) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        return;
      }
    }
  }
}
