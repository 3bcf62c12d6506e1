package dev.embark.spark;

import dev.embark.engine.EmbeddingException;
import dev.embark.engine.EmbeddingException.Kind;
import dev.embark.engine.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Gets a model onto this machine as a local file that can be mapped.
 *
 * <p>Local files are used where they are. Others are copied into a cache directory that the
 * executors of a machine share, under a name that holds what they were copied from; a copy appears
 * whole or not at all. Safe for any thread and process.
 */
final class ModelStore {
  private static final String CLASSPATH = "classpath:";

  private static final Map<Path, String> HASHES = new ConcurrentHashMap<>();

  private ModelStore() {}

  /**
   * @param uri a path, {@code file:}, {@code classpath:} or any URI that Hadoop can read
   * @param sha256 what the file must hash to, if given
   * @throws EmbeddingException of kind MODEL when it is not there or hashes to something else
   */
  static Path fetch(String uri, Optional<String> sha256) {
    Path file;
    try {
      file = uri.startsWith(CLASSPATH) ? fromClasspath(uri) : fromFileSystem(uri);
    } catch (IOException | IllegalArgumentException e) {
      throw new EmbeddingException(
          Kind.MODEL, "The model " + uri + " cannot be fetched: " + e.getMessage(), e);
    }
    sha256.ifPresent(
        expected -> {
          String found = HASHES.computeIfAbsent(file, ModelStore::sha256);
          if (!found.equals(expected)) {
            throw new EmbeddingException(
                Kind.MODEL,
                "The model " + uri + " has SHA-256 " + found + ", but " + expected + " was asked.");
          }
        });
    return file;
  }

  private static Path fromClasspath(String uri) throws IOException {
    String name = uri.substring(CLASSPATH.length());
    URL resource = resource(name);
    if (resource == null) {
      throw new IOException("nothing of this name is on the class path");
    }
    if (resource.getProtocol().equals("file")) {
      return Path.of(URI.create(resource.toString()));
    }
    URL digest = resource(name + ".sha256");
    String key;
    if (digest == null) {
      key = Sha256.of(resource.toString()); // a jar's path; it holds the version
    } else {
      try (InputStream in = digest.openStream()) {
        key = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip().split("\\s+")[0];
      }
    }
    return copyOnce(key, target -> copy(resource, target));
  }

  private static URL resource(String name) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    URL resource = context == null ? null : context.getResource(name);
    return resource == null ? ModelStore.class.getClassLoader().getResource(name) : resource;
  }

  private static void copy(URL from, Path to) throws IOException {
    try (InputStream in = from.openStream()) {
      Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static Path fromFileSystem(String uri) throws IOException {
    if (!uri.contains(":") && SparkEnv.get() != null) {
      Path shipped = Path.of(SparkFiles.get(uri));
      if (!Files.exists(Path.of(uri)) && Files.exists(shipped)) {
        return shipped;
      }
    }
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(uri);
    if (path.toUri().getScheme() == null) {
      return Path.of(uri);
    }
    if (path.toUri().getScheme().equals("file")) {
      return localFile(uri, path);
    }
    FileSystem system =
        path.getFileSystem(SparkHadoopUtil.get().newConfiguration(SparkEnv.get().conf()));
    FileStatus status = system.getFileStatus(path);
    String key =
        Sha256.of(status.getPath() + "\n" + status.getLen() + "\n" + status.getModificationTime());
    return copyOnce(
        key,
        target ->
            system.copyToLocalFile(
                false, path, new org.apache.hadoop.fs.Path(target.toUri()), true));
  }

  /** Java's reading of the URI, which knows of %20; Hadoop's where it is no URI to Java. */
  private static Path localFile(String uri, org.apache.hadoop.fs.Path path) {
    try {
      return Path.of(URI.create(uri));
    } catch (IllegalArgumentException e) {
      return Path.of(path.toUri().getPath());
    }
  }

  private interface Copy {
    void to(Path target) throws IOException;
  }

  private static Path copyOnce(String key, Copy copy) throws IOException {
    Path directory =
        Files.createDirectories(
            Path.of(
                System.getProperty("java.io.tmpdir"), "embark-" + System.getProperty("user.name")));
    Path file = directory.resolve(key + ".gguf");
    if (Files.exists(file)) {
      return file;
    }
    Path partial = Files.createTempFile(directory, key, ".part");
    try {
      copy.to(partial);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(directory + " cannot rename files atomically", e);
    } finally {
      Files.deleteIfExists(partial);
    }
    return file;
  }

  private static String sha256(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw new EmbeddingException(Kind.MODEL, "The model " + file + " cannot be read: " + e, e);
    }
  }
}
