package dev.embark.gguf;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Writes a GGUF version 3 file. Metadata and tensors are collected first and then written in the
 * order in which they were added, so the same calls produce the same bytes.
 *
 * <pre>{@code
 * new GgufWriter()
 *     .put("general.architecture", GgufValue.string("bert"))
 *     .tensor("token_embd.weight", GgufTensorType.F16, () -> FloatBuffer.wrap(rows), 384, 30522)
 *     .writeTo(Path.of("model.gguf"));
 * }</pre>
 *
 * <p>Not thread-safe. The values of a tensor are requested only when it is written, so memory holds
 * one tensor at a time, or one piece of a tensor.
 */
public final class GgufWriter {

  /** Alignment of tensor data in bytes, the default of the format. */
  public static final int ALIGNMENT = 32;

  private static final Set<GgufTensorType> TYPES =
      EnumSet.of(GgufTensorType.F32, GgufTensorType.F16, GgufTensorType.BF16, GgufTensorType.Q8_0);
  private static final int VERSION = 3;
  private static final int MAX_DIMENSIONS = 4;
  // llama.cpp stores names in 64 bytes including a terminating NUL.
  private static final int MAX_NAME_BYTES = 63;

  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Supplies the values of a tensor. */
  @FunctionalInterface
  public interface TensorValues {
    /**
     * Returns all values in file order, that is row by row with the first dimension contiguous. The
     * writer reads the buffer from its position to its limit and then releases it.
     */
    FloatBuffer values() throws IOException;
  }

  /** Supplies the values of a tensor in pieces, so that memory holds one piece at a time. */
  @FunctionalInterface
  public interface TensorPieces {
    /**
     * Passes all values in file order to {@code sink}, each piece except the last a multiple of 32
     * values long. Called again if the tensor has to be written in another type.
     */
    void writeTo(PieceSink sink) throws IOException;
  }

  /** Takes the pieces of a tensor's values. */
  @FunctionalInterface
  public interface PieceSink {
    /** Reads the buffer from its position to its limit. */
    void accept(FloatBuffer values) throws IOException;
  }

  private record Tensor(
      GgufTensorType type, Optional<GgufTensorType> wider, List<Long> shape, TensorPieces source) {
    long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }

    long bytes() {
      return type.bytes(elements());
    }
  }

  /**
   * Adds a metadata value.
   *
   * @throws IllegalArgumentException when the key is empty, already set, or {@code
   *     general.alignment}, which is fixed in this writer
   */
  public GgufWriter put(String key, GgufValue value) {
    if (key.isEmpty() || key.equals("general.alignment")) {
      throw new IllegalArgumentException("the metadata key '" + key + "' cannot be set");
    }
    if (metadata.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("the metadata key '" + key + "' was already set");
    }
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param type F32, F16, BF16 or Q8_0; values are rounded to the nearest
   * @param shape 1 to 4 dimensions, the fastest-moving one first
   * @throws IllegalArgumentException when the name is taken or longer than 63 bytes, the type is
   *     unsupported, the shape is invalid, or its rows do not fill whole blocks of the type
   */
  public GgufWriter tensor(String name, GgufTensorType type, TensorValues values, long... shape) {
    return add(name, type, Optional.empty(), sink -> sink.accept(values.values()), shape);
  }

  /**
   * Adds a tensor whose values are supplied in pieces.
   *
   * @param type as {@link #tensor}; F16 becomes BF16 for a tensor with a value beyond the range of
   *     F16
   * @throws IllegalArgumentException as {@link #tensor}
   */
  public GgufWriter pieces(String name, GgufTensorType type, TensorPieces source, long... shape) {
    Optional<GgufTensorType> wider =
        type == GgufTensorType.F16 ? Optional.of(GgufTensorType.BF16) : Optional.empty();
    return add(name, type, wider, source, shape);
  }

  private GgufWriter add(
      String name,
      GgufTensorType type,
      Optional<GgufTensorType> wider,
      TensorPieces source,
      long... shape) {
    int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes == 0 || nameBytes > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "the tensor name '" + name + "' must have 1 to " + MAX_NAME_BYTES + " bytes");
    }
    if (!TYPES.contains(type)) {
      throw new IllegalArgumentException(
          "tensor '" + name + "' cannot be written as " + type + ": use F32, F16, BF16 or Q8_0");
    }
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    if (shape.length < 1
        || shape.length > MAX_DIMENSIONS
        || dimensions.stream().anyMatch(d -> d < 1)) {
      throw new IllegalArgumentException(
          "tensor '" + name + "' must have 1 to 4 dimensions of at least 1, not " + dimensions);
    }
    if (shape[0] % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "tensor '" + name + "' has rows of " + shape[0] + " values, no whole blocks of " + type);
    }
    if (tensors.putIfAbsent(name, new Tensor(type, wider, dimensions, source)) != null) {
      throw new IllegalArgumentException("the tensor '" + name + "' was already added");
    }
    return this;
  }

  /**
   * Writes the file atomically: to a temporary sibling, which is then renamed to {@code file}, so
   * that a reader sees either the old file or the complete new one.
   *
   * @throws IOException when writing fails, a source does not supply as many values as its shape
   *     requires, or a finite value is out of the range of its tensor's type; the temporary file is
   *     then deleted
   */
  public void writeTo(Path file) throws IOException {
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        writeTo(channel);
        channel.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * Writes the file to an empty channel, which stays open.
   *
   * @throws IOException as {@link #writeTo(Path)}
   */
  public void writeTo(FileChannel channel) throws IOException {
    LittleEndianOutput out = new LittleEndianOutput(channel);
    Map<String, Long> typesAt = writeHeader(out);
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      long start = out.position();
      try {
        writeData(out, entry.getKey(), tensor, tensor.type());
      } catch (TensorValuesWriter.OutOfRange e) {
        if (tensor.wider().isEmpty()) {
          throw e;
        }
        // Both types have the same size, so no offset of the header changes.
        out.returnTo(start);
        writeData(out, entry.getKey(), tensor, tensor.wider().get());
        out.patchInt32(typesAt.get(entry.getKey()), tensor.wider().get().id());
      }
    }
    out.flush();
  }

  /** Returns where the header states the type of each tensor. */
  private Map<String, Long> writeHeader(LittleEndianOutput out) throws IOException {
    Map<String, Long> typesAt = new HashMap<>();
    out.int32(GgufHeader.MAGIC);
    out.int32(VERSION);
    out.int64(tensors.size());
    out.int64(metadata.size());
    for (Map.Entry<String, GgufValue> entry : metadata.entrySet()) {
      out.string(entry.getKey());
      writeValue(out, entry.getValue());
    }
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      out.string(entry.getKey());
      out.int32(tensor.shape().size());
      for (long dimension : tensor.shape()) {
        out.int64(dimension);
      }
      typesAt.put(entry.getKey(), out.position());
      out.int32(tensor.type().id());
      out.int64(offset);
      offset = GgufHeader.align(offset + tensor.bytes(), ALIGNMENT);
    }
    out.pad(ALIGNMENT);
    return typesAt;
  }

  private static void writeValue(LittleEndianOutput out, GgufValue value) throws IOException {
    out.int32(value.type().id());
    if (value.type() == GgufValueType.ARRAY) {
      out.int32(value.elementType().id());
      out.int64(value.asList().size());
      for (Object element : value.asList()) {
        writeScalar(out, value.elementType(), element);
      }
    } else {
      writeScalar(out, value.type(), value.value());
    }
  }

  private static void writeScalar(LittleEndianOutput out, GgufValueType type, Object value)
      throws IOException {
    switch (type) {
      case UINT8, INT8 -> out.int8(((Long) value).intValue());
      case UINT16, INT16 -> out.int16(((Long) value).intValue());
      case UINT32, INT32 -> out.int32(((Long) value).intValue());
      case UINT64, INT64 -> out.int64((Long) value);
      case FLOAT32 -> out.int32(Float.floatToRawIntBits((Float) value));
      case FLOAT64 -> out.int64(Double.doubleToRawLongBits((Double) value));
      case BOOL -> out.int8((Boolean) value ? 1 : 0);
      case STRING -> out.string((String) value);
      case ARRAY -> throw new IllegalStateException("arrays hold no arrays");
    }
  }

  private static void writeData(
      LittleEndianOutput out, String name, Tensor tensor, GgufTensorType type) throws IOException {
    long[] written = {0};
    tensor
        .source()
        .writeTo(
            values -> {
              written[0] += values.remaining();
              if (written[0] <= tensor.elements()) {
                TensorValuesWriter.write(out, name, type, values);
              }
            });
    if (written[0] != tensor.elements()) {
      throw new IOException(
          String.format(
              "tensor '%s' of shape %s needs %d values but its source has %d",
              name, tensor.shape(), tensor.elements(), written[0]));
    }
    out.pad(ALIGNMENT);
  }
}
