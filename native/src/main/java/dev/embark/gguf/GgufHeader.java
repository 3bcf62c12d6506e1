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
 * What a GGUF file says about itself: metadata and where its tensors lie. Reads versions 2 and 3
 * (which share one layout) and checks every length against the file's, so that a file which passes
 * is whole and a damaged one costs neither memory nor the JVM. Immutable.
 *
 * @param version of the format
 * @param metadata in the order of the file
 * @param tensors in the order of the file
 * @param dataOffset where tensor data starts, in bytes from the start of the file
 */
public record GgufHeader(
    int version, Map<String, GgufValue> metadata, List<GgufTensor> tensors, long dataOffset) {

  static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;

  /** Keeps the order of {@code metadata} and makes both collections unmodifiable. */
  public GgufHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = List.copyOf(tensors);
  }

  /** The value under {@code key}, or empty. */
  public Optional<GgufValue> get(String key) {
    return Optional.ofNullable(metadata.get(key));
  }

  /** The tensor of this name, or empty. */
  public Optional<GgufTensor> tensor(String name) {
    return tensors.stream().filter(t -> t.name().equals(name)).findFirst();
  }

  /**
   * Reads the header of a local file. Safe from any thread.
   *
   * @throws GgufFormatException when the file is not a whole GGUF file; the message says what it is
   *     instead and what to do
   * @throws IOException when it does not exist or cannot be read
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
