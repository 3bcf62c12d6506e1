package dev.embark.store;

import dev.embark.store.file.ClasspathFile;
import dev.embark.store.file.HadoopFile;
import dev.embark.store.file.HadoopFolder;
import dev.embark.store.file.LocalFile;
import dev.embark.store.file.LocalFolder;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.web.HubName;
import dev.embark.store.web.WebFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * Resolves a model URI to a file on the class path, or to a file or model folder on a local disk or
 * a Hadoop file system.
 *
 * <ul>
 *   <li>{@code classpath:name}: a resource of a jar
 *   <li>{@code file:} and paths: the local file; a path that is not a local file is looked up among
 *       the files of {@code --files}, and then in Hadoop's default file system ({@code
 *       fs.defaultFS}), as Spark resolves paths
 *   <li>any other scheme: the Hadoop file system of that scheme
 * </ul>
 *
 * <p>Not thread-safe. {@link ServedModels} resolves URIs of the Hub and of web servers.
 *
 * @param shipped finds a file of {@code --files} by name
 * @param hadoop the configuration of Hadoop's file systems
 */
public record ModelPlaces(Function<String, Optional<Path>> shipped, Configuration hadoop) {
  private static final String CLASSPATH = "classpath:";
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");

  // An archive's URI, har://SCHEME-HOST, names the file system that it is in.
  private static final Pattern ANY_SERVER =
      Pattern.compile("(?is)(har://)?(https?|s?ftp|ftps|s?webhdfs)[:-].*");

  /** Whether a URI names a model on a web server. */
  public static boolean isWeb(String uri) {
    return WebFile.isWeb(uri);
  }

  /**
   * Whether a URI names a server itself, for a protocol that servers of many kinds speak. The
   * servers of {@code hdfs:}, {@code s3a:} and the like belong to a storage system.
   */
  public static boolean namesServer(String uri) {
    return isWeb(uri) || ANY_SERVER.matcher(uri).matches();
  }

  /** Whether resolving a URI may use a Hadoop file system. */
  public static boolean needsHadoop(String uri) {
    return !uri.startsWith(CLASSPATH)
        && !uri.startsWith(HubName.SCHEME)
        && !WebFile.isWeb(uri)
        && !uri.startsWith("file:");
  }

  /** The local file that a URI names; empty if it names none. */
  Optional<Path> local(String uri) throws IOException {
    return uri.startsWith(CLASSPATH) ? classpath(uri).unpacked() : localPath(uri);
  }

  /** The file to copy, or the folder to convert. */
  RemoteFile file(String uri) throws IOException {
    Optional<Path> local = local(uri);
    if (local.isPresent()) {
      return Files.isDirectory(local.get())
          ? new ImportedFolder(new LocalFolder(local.get()))
          : new LocalFile(local.get());
    }
    if (uri.startsWith(CLASSPATH)) {
      return classpath(uri);
    }
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(uri);
    return HadoopFile.isFolder(path, hadoop)
        ? new ImportedFolder(new HadoopFolder(path, hadoop))
        : new HadoopFile(path, hadoop);
  }

  private static ClasspathFile classpath(String uri) throws IOException {
    return new ClasspathFile(uri.substring(CLASSPATH.length()));
  }

  private Optional<Path> localPath(String uri) throws IOException {
    if (uri.startsWith("file:")) {
      return Optional.of(ofFileUri(uri));
    }
    if (SCHEME.matcher(uri).matches()) {
      return Optional.empty();
    }
    Path path = Path.of(uri);
    if (Files.exists(path)) {
      return Optional.of(path);
    }
    Optional<Path> fromFiles = path.isAbsolute() ? Optional.empty() : shipped.apply(uri);
    if (fromFiles.isPresent()) {
      return fromFiles;
    }
    if (FileSystem.getDefaultUri(hadoop).getScheme().equals("file")) {
      throw new FileNotFoundException("there is no such model file");
    }
    return Optional.empty();
  }

  /**
   * Parses a file URI, including escapes such as %20; falls back to Hadoop's more lenient parser.
   */
  private static Path ofFileUri(String uri) {
    try {
      return Path.of(URI.create(uri));
    } catch (InvalidPathException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      return Path.of(new org.apache.hadoop.fs.Path(uri).toUri().getPath());
    }
  }
}
