package dev.embark.gguf;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Parses the header of one file in a single pass. Every count and length is checked against the
 * remaining bytes of the file; {@link EOFException} is thrown when they are too few.
 *
 * @param file for messages
 * @param in positioned after the magic number
 */
record GgufHeaderReader(Path file, LittleEndianInput in) {

  private static final int MIN_METADATA_BYTES = 8 + 4 + 1;
  private static final int MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;
  private static final int MAX_DIMENSIONS = 4;

  GgufHeader read() throws IOException {
    int version = in.int32();
    if (version != 2 && version != 3) {
      throw damaged(
          (version & 0xFFFF) == 0
              ? "is written for big-endian machines; use the little-endian file"
              : "has GGUF version " + version + " but 2 or 3 can be read; convert it again");
    }
    long tensorCount = count(MIN_TENSOR_BYTES);
    long metadataCount = count(MIN_METADATA_BYTES);
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    for (long i = 0; i < metadataCount; i++) {
      String key = in.string();
      if (key.isEmpty() || metadata.put(key, value(key)) != null) {
        throw damaged("has the metadata key '" + key + "' twice or empty; convert it again");
      }
    }
    List<Info> infos = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < tensorCount; i++) {
      Info info = info();
      if (!names.add(info.name())) {
        throw damaged("has the tensor '" + info.name() + "' twice; convert it again");
      }
      infos.add(info);
    }
    long alignment = alignment(metadata);
    long dataOffset = GgufHeader.align(in.position(), alignment);
    List<GgufTensor> tensors = new ArrayList<>(infos.size());
    for (Info info : infos) {
      tensors.add(place(info, dataOffset, alignment));
    }
    return new GgufHeader(version, metadata, tensors, dataOffset);
  }

  private long count(int minBytes) throws IOException {
    long count = in.int64();
    if (count < 0 || count > in.remaining() / minBytes) {
      throw new EOFException();
    }
    return count;
  }

  private GgufValueType valueType(String key) throws IOException {
    int id = in.int32();
    return GgufValueType.byId(id)
        .orElseThrow(
            () -> damaged("has the metadata key '" + key + "' with the unknown type " + id));
  }

  private GgufValue value(String key) throws IOException {
    GgufValueType type = valueType(key);
    if (type != GgufValueType.ARRAY) {
      return GgufValue.of(type, scalar(type));
    }
    GgufValueType elementType = valueType(key);
    if (elementType == GgufValueType.ARRAY) {
      throw damaged("has arrays inside the array '" + key + "', which llama.cpp cannot read");
    }
    long size = count(elementType.minBytes());
    List<Object> elements = new ArrayList<>();
    for (long i = 0; i < size; i++) {
      elements.add(scalar(elementType));
    }
    return GgufValue.array(elementType, elements);
  }

  private Object scalar(GgufValueType type) throws IOException {
    return switch (type) {
      case UINT8 -> (long) Byte.toUnsignedInt(in.int8());
      case INT8 -> (long) in.int8();
      case UINT16 -> (long) Short.toUnsignedInt(in.int16());
      case INT16 -> (long) in.int16();
      case UINT32 -> Integer.toUnsignedLong(in.int32());
      case INT32 -> (long) in.int32();
      case UINT64, INT64 -> in.int64();
      case FLOAT32 -> Float.intBitsToFloat(in.int32());
      case FLOAT64 -> Double.longBitsToDouble(in.int64());
      case BOOL -> in.int8() != 0;
      case STRING -> in.string();
      case ARRAY -> throw new IllegalStateException("arrays hold no arrays");
    };
  }

  private long alignment(Map<String, GgufValue> metadata) throws IOException {
    GgufValue value = metadata.get("general.alignment");
    if (value == null) {
      return GgufWriter.ALIGNMENT;
    }
    if (value.type() != GgufValueType.UINT32 || Long.bitCount(value.asLong()) != 1) {
      throw damaged("has a general.alignment that is not a power of two; convert it again");
    }
    return value.asLong();
  }

  private Info info() throws IOException {
    String name = in.string();
    int dimensions = in.int32();
    if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
      throw damaged("has the tensor '" + name + "' with " + dimensions + " dimensions, not 0..4");
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      shape.add(in.int64());
    }
    return new Info(name, shape, in.int32(), in.int64());
  }

  private GgufTensor place(Info info, long dataOffset, long alignment) throws IOException {
    GgufTensorType type =
        GgufTensorType.byId(info.type())
            .orElseThrow(
                () ->
                    damaged(
                        String.format(
                            "has the tensor '%s' of the unknown type %d; quantise it again",
                            info.name(), info.type())));
    try {
      long elements = info.shape().stream().reduce(1L, Math::multiplyExact);
      boolean wholeRows = info.shape().isEmpty() || info.shape().get(0) % type.blockSize() == 0;
      if (!wholeRows
          || info.shape().stream().anyMatch(d -> d < 0)
          || info.offset() % alignment != 0) {
        throw new ArithmeticException();
      }
      long bytes = type.bytes(elements);
      long start = Math.addExact(dataOffset, info.offset());
      long end = Math.addExact(start, bytes);
      long length = in.position() + in.remaining();
      if (info.offset() < 0 || end > length) {
        throw damaged(
            String.format(
                "has %d bytes but the tensor '%s' ends at byte %d: it is truncated; download or"
                    + " copy it again",
                length, info.name(), end));
      }
      return new GgufTensor(info.name(), type, info.shape(), start, bytes);
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw damaged("has the tensor '" + info.name() + "' with an impossible shape or place");
    }
  }

  private GgufFormatException damaged(String what) {
    return new GgufFormatException(file + " " + what);
  }

  private record Info(String name, List<Long> shape, int type, long offset) {}
}
