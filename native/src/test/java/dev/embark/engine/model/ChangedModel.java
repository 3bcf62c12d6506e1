package dev.embark.engine.model;

import dev.embark.engine.TinyWeights;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Copies in F32 of a model, in which one line of the metadata or one tensor differs. */
public final class ChangedModel {
  private ChangedModel() {}

  /** A copy with the key set to another value, or added. */
  public static Path with(Path model, Path copy, String key, GgufValue value) throws IOException {
    TinyWeights weights = TinyWeights.read(model);
    Map<String, GgufValue> metadata = new LinkedHashMap<>(weights.header().metadata());
    metadata.put(key, value);
    return write(weights, metadata, copy);
  }

  /** A copy that lacks the key. */
  public static Path without(Path model, Path copy, String key) throws IOException {
    TinyWeights weights = TinyWeights.read(model);
    Map<String, GgufValue> metadata = new LinkedHashMap<>(weights.header().metadata());
    if (metadata.remove(key) == null) {
      throw new IllegalArgumentException("no key " + key);
    }
    return write(weights, metadata, copy);
  }

  /** A copy with a tensor of zeros more. */
  public static Path withTensor(Path model, Path copy, String name, long... shape)
      throws IOException {
    TinyWeights weights = TinyWeights.read(model);
    GgufWriter gguf = gguf(weights, weights.header().metadata());
    float[] zeros = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    gguf.tensor(name, GgufTensorType.F32, () -> FloatBuffer.wrap(zeros), shape);
    gguf.writeTo(copy);
    return copy;
  }

  private static Path write(TinyWeights weights, Map<String, GgufValue> metadata, Path copy)
      throws IOException {
    gguf(weights, metadata).writeTo(copy);
    return copy;
  }

  private static GgufWriter gguf(TinyWeights weights, Map<String, GgufValue> metadata) {
    GgufWriter gguf = new GgufWriter();
    metadata.forEach(gguf::put);
    for (GgufTensor tensor : weights.header().tensors()) {
      float[] values = weights.get(tensor.name());
      long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      gguf.tensor(tensor.name(), GgufTensorType.F32, () -> FloatBuffer.wrap(values), shape);
    }
    return gguf;
  }
}
