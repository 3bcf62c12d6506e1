package dev.embark.store;

import dev.embark.store.file.ClasspathFile;
import dev.embark.store.file.HadoopFile;
import dev.embark.store.file.LocalFile;
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
 * Where a model's URI leads, apart from the Hub's and those of web servers.
 *
 * <ul>
 *   <li>{@code classpath:name}: a resource of a jar
 *   <li>{@code file:} and paths: the local file; a path that is no local file is looked up among
 *       what {@code --files} brought, and then in Hadoop's default file system ({@code
 *       fs.defaultFS}), as Spark reads paths
 *   <li>any other scheme: the file system that Hadoop has for it
 * </ul>
 *
 * <p>For one thread.
 *
 * @param shipped finds what {@code --files} brought under a name, if anything
 * @param hadoop the configuration of Hadoop's file systems
 */
public record ModelPlaces(Function<String, Optional<Path>> shipped, Configuration hadoop) {
  private static final String CLASSPATH = "classpath:";
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");

  // An archive's URI, har://SCHEME-HOST, names the file system that it is in.
  private static final Pattern ANY_SERVER =
      Pattern.compile("(?is)(har://)?(https?|s?ftp|ftps|s?webhdfs)[:-].*");

  /** Whether a model is one of a web server, which is asked without Hadoop. */
  public static boolean isWeb(String uri) {
    return WebFile.isWeb(uri);
  }

  /**
   * Whether a model's URI itself names the server that is asked, over a protocol that many servers
   * speak. The servers of {@code hdfs:}, {@code s3a:} and the like are those of a storage system.
   */
  public static boolean namesServer(String uri) {
    return isWeb(uri) || ANY_SERVER.matcher(uri).matches();
  }

  /** Whether Hadoop may be asked for a model. */
  public static boolean needsHadoop(String uri) {
    return !uri.startsWith(CLASSPATH)
        && !uri.startsWith(HubName.SCHEME)
        && !WebFile.isWeb(uri)
        && !uri.startsWith("file:");
  }

  /** The file of this machine that a URI names, if it is one. */
  Optional<Path> local(String uri) throws IOException {
    return uri.startsWith(CLASSPATH) ? classpath(uri).unpacked() : localPath(uri);
  }

  /** The file to copy. */
  RemoteFile file(String uri) throws IOException {
    Optional<Path> local = local(uri);
    if (local.isPresent()) {
      return new LocalFile(local.get());
    }
    return uri.startsWith(CLASSPATH)
        ? classpath(uri)
        : new HadoopFile(new org.apache.hadoop.fs.Path(uri), hadoop);
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

  /** Java's reading of the URI, which knows of %20; Hadoop's where it is no URI to Java. */
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
