package dev.embark.engine;

import dev.embark.engine.EmbeddingException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * The native libraries in this artifact, copied once per machine and build into JavaCPP's cache.
 *
 * <p>The directory is named after what is in it: JavaCPP's own cache compares size and time, which
 * are the same for two builds of one version, and would serve one with the library of the other.
 * Files appear whole or not at all, so processes may start together.
 */
final class PackedLibraries {
  private static final String PLACE = "/dev/embark/llama/" + Loader.getPlatform() + "/";
  // The first line is a hash of all of them, each of the others the name of one.
  private static final String INDEX = "libraries.index";

  private PackedLibraries() {}

  /**
   * The directory with the libraries, which are copied there if they are not yet.
   *
   * @throws EmbeddingException of kind BACKEND when this jar has none for the platform, or the
   *     cache cannot be written
   */
  static Path directory() {
    List<String> index;
    try (InputStream in = resource(INDEX).openStream()) {
      index = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new EmbeddingException(Kind.BACKEND, "Embark's jar cannot be read: " + e, e);
    }
    Path directory = Path.of("");
    try {
      directory = Loader.getCacheDir().toPath().resolve("embark-" + index.get(0));
      Files.createDirectories(directory);
      for (String name : index.subList(1, index.size())) {
        if (!Files.exists(directory.resolve(name))) {
          copy(name, directory);
        }
      }
    } catch (IOException e) {
      throw new EmbeddingException(
          Kind.BACKEND,
          "The native libraries could not be unpacked into "
              + directory
              + " ("
              + e.getMessage()
              + "); set -Dorg.bytedeco.javacpp.cachedir to a directory that can be written.",
          e);
    }
    return directory;
  }

  private static void copy(String name, Path directory) throws IOException {
    Path partial = Files.createTempFile(directory, name, ".part");
    try (InputStream in = resource(name).openStream()) {
      Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
      Files.move(partial, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static URL resource(String name) {
    URL url = PackedLibraries.class.getResource(PLACE + name);
    if (url == null) {
      throw new EmbeddingException(
          Kind.BACKEND,
          "This jar holds no llama.cpp for "
              + Loader.getPlatform()
              + "; use the jar of this platform.");
    }
    return url;
  }
}
