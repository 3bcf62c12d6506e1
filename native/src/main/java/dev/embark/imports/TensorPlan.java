package dev.embark.imports;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufWriter;
import dev.embark.gguf.GgufWriter.PieceSink;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Adds tensors of a folder to a GGUF file under llama.cpp's names. Checks each against the shape
 * that follows from {@code config.json}; values are read when the file is written. Not thread-safe.
 */
final class TensorPlan {
  private static final Set<String> TYPES = Set.of("F32", "F16", "BF16");

  private final Weights weights;
  private final GgufWriter gguf;
  private final ImportType type;
  private final String prefix;
  private final Set<String> used;

  /**
   * @param prefix of the names of all tensors in the folder, such as {@code bert.}
   */
  TensorPlan(Weights weights, GgufWriter gguf, ImportType type, String prefix) {
    this(weights, gguf, type, prefix, new HashSet<>());
  }

  private TensorPlan(
      Weights weights, GgufWriter gguf, ImportType type, String prefix, Set<String> used) {
    this.weights = weights;
    this.gguf = gguf;
    this.type = type;
    this.prefix = prefix;
    this.used = used;
  }

  /** Returns the same plan for tensors whose names have no prefix. */
  TensorPlan withoutPrefix() {
    return new TensorPlan(weights, gguf, type, "", used);
  }

  /** Returns whether the folder has a tensor. */
  boolean has(String from) {
    return weights.tensor(prefix + from).isPresent();
  }

  /** Adds a weight {@code [out, in]}. */
  void matrix(String to, String from, long out, long in) throws ImportException {
    Safetensors.Tensor tensor = tensor(from, List.of(out, in));
    gguf.pieces(to, type.of(in), sink -> weights.read(tensor, 0, out * in, 0, sink), in, out);
  }

  /** Adds a weight {@code [out, in]} and a bias {@code [out]}. */
  void linear(String to, String from, long out, long in) throws ImportException {
    matrix(to + ".weight", from + ".weight", out, in);
    vector(to + ".bias", from + ".bias", out);
  }

  /** Adds a weight {@code [out, in]}, and a bias {@code [out]} if there is one, in F32. */
  void exact(String to, String from, long out, long in, boolean bias) throws ImportException {
    Safetensors.Tensor tensor = tensor(from + ".weight", List.of(out, in));
    gguf.pieces(
        to + ".weight",
        GgufTensorType.F32,
        sink -> weights.read(tensor, 0, out * in, 0, sink),
        in,
        out);
    if (bias) {
      vector(to + ".bias", from + ".bias", out);
    }
  }

  /**
   * Adds the token embeddings twice: as they are, and with the difference between the second and
   * the first token type added. llama.cpp adds the first type to every token, so a token of the
   * second text of a pair is computed by its row in the second half.
   *
   * @param types name of the table of token types
   */
  void tokensOfPairs(String to, String from, String types, long rows, int width)
      throws ImportException {
    Safetensors.Tensor tokens = tensor(from, List.of(rows, (long) width));
    Safetensors.Tensor table = tensor(types, List.of(height(types, width), (long) width));
    gguf.pieces(
        to,
        type.of(width),
        sink -> {
          weights.read(tokens, 0, rows * width, 0, sink);
          float[] difference = difference(table, width);
          weights.read(tokens, 0, rows * width, 0, new RowAdder(difference, sink));
        },
        width,
        2 * rows);
  }

  private float[] difference(Safetensors.Tensor table, int width) throws IOException {
    FloatBuffer both = FloatBuffer.allocate(2 * width);
    weights.read(table, 0, 2L * width, 0, both::put);
    float[] difference = new float[width];
    for (int i = 0; i < width; i++) {
      difference[i] = both.get(width + i) - both.get(i);
    }
    return difference;
  }

  /** Adds a row to each row of the values that pass, in pieces of any length. */
  private static final class RowAdder implements PieceSink {
    private final float[] row;
    private final PieceSink sink;
    private int column;

    RowAdder(float[] row, PieceSink sink) {
      this.row = row;
      this.sink = sink;
    }

    @Override
    public void accept(FloatBuffer piece) throws IOException {
      FloatBuffer sums = FloatBuffer.allocate(piece.remaining());
      while (piece.hasRemaining()) {
        sums.put(piece.get() + row[column]);
        column = (column + 1) % row.length;
      }
      sink.accept(sums.flip());
    }
  }

  /** Adds some rows of a table {@code [… , width]} in F32. */
  void rows(String to, String from, long first, long rows, long width) throws ImportException {
    long all = height(from, width);
    if (first + rows > all) {
      throw new ImportException(
          "the tensor '%s' has %d rows, but config.json needs %d; they are not of the same model"
              .formatted(prefix + from, all, first + rows));
    }
    Safetensors.Tensor tensor = tensor(from, List.of(all, width));
    gguf.pieces(
        to,
        GgufTensorType.F32,
        sink -> weights.read(tensor, first * width, rows * width, 0, sink),
        width,
        rows);
  }

  /**
   * Adds two rows of a table {@code [… , width]} in F32, as a head of two outputs.
   *
   * @param second empty for a row of zeros
   */
  void twoRows(String to, String from, int first, OptionalInt second, long width)
      throws ImportException {
    long rows = height(from, width);
    if (Math.max(first, second.orElse(0)) >= rows) {
      throw new ImportException(
          "the tensor '%s' has %d rows, and none for the token %d of an answer"
              .formatted(prefix + from, rows, Math.max(first, second.orElse(0))));
    }
    Safetensors.Tensor tensor = tensor(from, List.of(rows, width));
    gguf.pieces(
        to,
        GgufTensorType.F32,
        sink -> {
          weights.read(tensor, first * width, width, 0, sink);
          if (second.isPresent()) {
            weights.read(tensor, second.getAsInt() * width, width, 0, sink);
          } else {
            sink.accept(FloatBuffer.allocate((int) width));
          }
        },
        width,
        2);
  }

  /** Returns the number of rows of a table {@code [… , width]}. */
  long height(String from, long width) throws ImportException {
    Safetensors.Tensor tensor = find(from);
    if (tensor.shape().size() != 2 || tensor.shape().get(0) < 1) {
      throw shape(tensor, "[…, " + width + "]");
    }
    return tensor.shape().get(0);
  }

  /** Adds a vector in F32. */
  void vector(String to, String from, long size) throws ImportException {
    vector(to, from, size, 0);
  }

  /** Adds a vector in F32, with a number added to each value. */
  void vector(String to, String from, long size, float add) throws ImportException {
    Safetensors.Tensor tensor = tensor(from, List.of(size));
    gguf.pieces(to, GgufTensorType.F32, sink -> weights.read(tensor, 0, size, add, sink), size);
  }

  /** Adds weight and bias of a layer normalisation, also under their names of TensorFlow. */
  void norm(String to, String from, long size) throws ImportException {
    boolean old = has(from + ".gamma");
    vector(to + ".weight", from + (old ? ".gamma" : ".weight"), size);
    vector(to + ".bias", from + (old ? ".beta" : ".bias"), size);
  }

  /**
   * Checks that every tensor of the folder was added.
   *
   * @param unneeded names, without prefix, of tensors that give no vector
   * @throws ImportException that names a tensor which was not
   */
  void checkAllUsed(Predicate<String> unneeded) throws ImportException {
    List<String> left = new ArrayList<>();
    for (String name : weights.names()) {
      String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
      if (!used.contains(name) && !unneeded.test(bare) && !unneeded.test(name)) {
        left.add(name);
      }
    }
    if (!left.isEmpty()) {
      throw new ImportException(
          "its weights have the tensor '%s'%s, which is not part of the architecture; use a model without adapters or extra layers"
              .formatted(
                  left.get(0), left.size() == 1 ? "" : " and " + (left.size() - 1) + " more"));
    }
  }

  private Safetensors.Tensor tensor(String from, List<Long> shape) throws ImportException {
    Safetensors.Tensor tensor = find(from);
    if (!tensor.shape().equals(shape)) {
      throw shape(tensor, shape.toString());
    }
    if (!TYPES.contains(tensor.type())) {
      throw new ImportException(
          "the tensor '%s' is of the type %s, and F32, F16 and BF16 are read; save the model with torch_dtype=float32"
              .formatted(tensor.name(), tensor.type()));
    }
    used.add(prefix + from);
    return tensor;
  }

  private Safetensors.Tensor find(String from) throws ImportException {
    return weights
        .tensor(prefix + from)
        .orElseThrow(
            () ->
                new ImportException(
                    "its weights have no tensor '%s'; they are not whole, or not of the architecture that config.json names"
                        .formatted(prefix + from)));
  }

  private static ImportException shape(Safetensors.Tensor tensor, String expected) {
    return new ImportException(
        "the tensor '%s' has the shape %s instead of %s; config.json and the weights are not of the same model"
            .formatted(tensor.name(), tensor.shape(), expected));
  }
}
