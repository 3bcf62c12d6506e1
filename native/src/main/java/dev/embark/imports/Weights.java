package dev.embark.imports;

import com.fasterxml.jackson.databind.JsonNode;
import dev.embark.gguf.GgufWriter.PieceSink;
import dev.embark.gguf.HalfFloat;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The tensors of a folder's safetensors files, in one file or several. Owns the open files. Not
 * thread-safe.
 */
final class Weights implements AutoCloseable {
  // In values; a multiple of every block size that the writer needs.
  private static final int PIECE = 1 << 18;

  private final ModelFolder folder;
  private final Map<String, Safetensors.Tensor> tensors = new TreeMap<>();
  private final Set<String> files = new TreeSet<>();
  private final Map<String, FileChannel> open = new HashMap<>();

  private Weights(ModelFolder folder) {
    this.folder = folder;
  }

  /**
   * Reads the headers of the weights in a folder.
   *
   * @param module with a final {@code /}, or empty for the folder itself
   */
  static Weights open(ModelFolder folder, String module) throws IOException {
    Weights weights = new Weights(folder);
    String single = module + FolderFiles.WEIGHTS;
    JsonNode index = folder.json(module + FolderFiles.SHARD_INDEX);
    if (folder.has(single)) {
      weights.add(single);
    } else if (index.isMissingNode()) {
      String pickle = module + "pytorch_model.bin";
      throw new ImportException(
          folder.has(pickle) ? FolderFiles.pickle(pickle) : "the folder has no " + single);
    } else {
      weights.addShards(module, index.path("weight_map"));
    }
    return weights;
  }

  private void addShards(String module, JsonNode shards) throws IOException {
    Set<String> names = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : shards.properties()) {
      String shard = entry.getValue().asText();
      if (!shard.endsWith(".safetensors") || shard.contains("/") || shard.contains("\\")) {
        throw new ImportException(
            FolderFiles.SHARD_INDEX + " names the part '" + shard + "', which no model has");
      }
      names.add(shard);
    }
    for (String shard : names) {
      if (!folder.has(module + shard)) {
        throw new ImportException(
            "the folder lacks " + shard + ", a part of its weights; download or copy it again");
      }
      add(module + shard);
    }
    for (Map.Entry<String, JsonNode> entry : shards.properties()) {
      if (!tensors.containsKey(entry.getKey())) {
        throw new ImportException(
            "no part of the weights has the tensor '" + entry.getKey() + "'; copy them again");
      }
    }
  }

  /** Adds the weights of a module, whose tensors are named with the module in front. */
  void addModule(String module) throws IOException {
    String file = module + FolderFiles.WEIGHTS;
    if (!folder.has(file)) {
      String pickle = module + "pytorch_model.bin";
      throw new ImportException(
          folder.has(pickle) ? FolderFiles.pickle(pickle) : "the folder has no " + file);
    }
    add(file, module);
  }

  /** Returns whether a tensor belongs to a module that was added. */
  static boolean isOfModule(String tensor) {
    return tensor.contains("/");
  }

  private void add(String file) throws IOException {
    add(file, "");
  }

  private void add(String file, String prefix) throws IOException {
    files.add(file);
    for (Safetensors.Tensor tensor : Safetensors.read(file, folder.file(file))) {
      if (tensors.put(prefix + tensor.name(), tensor) != null) {
        throw new ImportException("the weights have the tensor '" + tensor.name() + "' twice");
      }
    }
  }

  /** Returns the names of all tensors, sorted. */
  Set<String> names() {
    return tensors.keySet();
  }

  /** Returns the names of the files, sorted. */
  Set<String> files() {
    return files;
  }

  Optional<Safetensors.Tensor> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /**
   * Passes values of a tensor to a sink, piece by piece.
   *
   * @param from index of the first value
   * @param count number of values
   * @param add added to each value
   */
  void read(Safetensors.Tensor tensor, long from, long count, float add, PieceSink sink)
      throws IOException {
    int width = tensor.type().equals("F32") ? Float.BYTES : Short.BYTES;
    FileChannel channel = channel(tensor.file());
    int most = (int) Math.min(PIECE, count);
    ByteBuffer bytes = ByteBuffer.allocate(most * width).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[most];
    for (long done = 0; done < count; ) {
      int n = (int) Math.min(PIECE, count - done);
      bytes.clear().limit(n * width);
      for (long at = tensor.offset() + (from + done) * width; bytes.hasRemaining(); ) {
        int read = channel.read(bytes, at);
        if (read < 0) {
          throw new EOFException(tensor.file() + " became shorter while it was read");
        }
        at += read;
      }
      bytes.flip();
      switch (tensor.type()) {
        case "F32" -> bytes.asFloatBuffer().get(values, 0, n);
        case "F16" -> {
          for (int i = 0; i < n; i++) {
            values[i] = HalfFloat.fromF16(bytes.getShort());
          }
        }
        case "BF16" -> {
          for (int i = 0; i < n; i++) {
            values[i] = HalfFloat.fromBf16(bytes.getShort());
          }
        }
        default -> throw new IllegalArgumentException(tensor.type());
      }
      for (int i = 0; add != 0 && i < n; i++) {
        values[i] += add;
      }
      sink.accept(FloatBuffer.wrap(values, 0, n));
      done += n;
    }
  }

  private FileChannel channel(String file) throws IOException {
    FileChannel channel = open.get(file);
    if (channel == null) {
      Path path = folder.file(file);
      channel = FileChannel.open(path);
      open.put(file, channel);
    }
    return channel;
  }

  @Override
  public void close() throws IOException {
    for (FileChannel channel : open.values()) {
      channel.close();
    }
    open.clear();
  }
}
