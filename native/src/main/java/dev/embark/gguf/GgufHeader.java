package dev.embark.gguf;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Header of a GGUF file: its metadata and the location of its tensors. Reads versions 2 and 3,
 * which share one layout, and checks every length against the size of the file. A file that passes
 * is therefore complete, and a damaged one can neither exhaust memory nor crash the JVM. Immutable.
 *
 * @param version format version
 * @param metadata in file order
 * @param tensors in file order
 * @param dataOffset start of the tensor data, in bytes from the start of the file
 */
public record GgufHeader(
    int version, Map<String, GgufValue> metadata, List<GgufTensor> tensors, long dataOffset) {

  static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;

  /**
   * Copies both collections, which become unmodifiable; the order of {@code metadata} is preserved.
   */
  public GgufHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = List.copyOf(tensors);
  }

  /** Returns the value of {@code key}, or empty. */
  public Optional<GgufValue> get(String key) {
    return Optional.ofNullable(metadata.get(key));
  }

  /** Returns the tensor with this name, or empty. */
  public Optional<GgufTensor> tensor(String name) {
    return tensors.stream().filter(t -> t.name().equals(name)).findFirst();
  }

  /**
   * Reads the header of a local file. Thread-safe.
   *
   * @throws GgufFormatException when the file is not a complete GGUF file; the message identifies
   *     its actual content and the remedy
   * @throws IOException when the file does not exist or cannot be read
   */
  public static GgufHeader read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new GgufFormatException(
          file + " is a directory: give the path of the .gguf file itself");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      LittleEndianInput in = new LittleEndianInput(channel);
      try {
        if (in.int32() != MAGIC) {
          throw NotGguf.explain(file, channel);
        }
        return new GgufHeaderReader(file, in).read();
      } catch (EOFException e) {
        if (channel.size() < 4) {
          throw NotGguf.explain(file, channel);
        }
        throw new GgufFormatException(
            file
                + " ends inside its header, after "
                + channel.size()
                + " bytes: it is truncated or damaged; download or copy it again");
      }
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(
          file.toString(), null, "there is no such model file; check the path");
    } catch (AccessDeniedException e) {
      throw new AccessDeniedException(
          file.toString(), null, "this process may not read it; give its user permission");
    }
  }

  static long align(long offset, long alignment) {
    return Math.addExact(offset, alignment - 1) / alignment * alignment;
  }
}
