package dev.embark.engine;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.HalfFloat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A GGUF of tensors in F32 or Q8_0, read whole.
 *
 * @param header of the file
 * @param values of each tensor by name, in the order of the file
 */
public record TinyWeights(GgufHeader header, Map<String, float[]> values) {

  public static TinyWeights read(Path file) throws IOException {
    GgufHeader header = GgufHeader.read(file);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    Map<String, float[]> values = new HashMap<>();
    for (GgufTensor tensor : header.tensors()) {
      float[] floats = new float[Math.toIntExact(tensor.elements())];
      bytes.position(Math.toIntExact(tensor.offset()));
      switch (tensor.type()) {
        case F32 -> bytes.asFloatBuffer().get(floats);
        case Q8_0 -> readBlocks(bytes, floats);
        default -> throw new IllegalArgumentException(tensor.name() + " is " + tensor.type());
      }
      values.put(tensor.name(), floats);
    }
    return new TinyWeights(header, values);
  }

  private static void readBlocks(ByteBuffer bytes, float[] values) {
    float scale = 0;
    for (int i = 0; i < values.length; i++) {
      if (i % GgufTensorType.Q8_0.blockSize() == 0) {
        scale = HalfFloat.fromF16(bytes.getShort());
      }
      values[i] = scale * bytes.get();
    }
  }

  public float[] get(String name) {
    float[] found = values.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no tensor " + name);
    }
    return found;
  }

  /** A number from the metadata, such as {@code attention.head_count} of the architecture. */
  int number(String key) {
    String architecture = header.get("general.architecture").orElseThrow().asString();
    return (int) header.get(architecture + "." + key).orElseThrow().asLong();
  }

  double real(String key) {
    String architecture = header.get("general.architecture").orElseThrow().asString();
    return header.get(architecture + "." + key).orElseThrow().asDouble();
  }
}
