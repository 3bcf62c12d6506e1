package dev.embark.store.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model file on the class path, usually in a jar. A file {@code <name>.sha256} next to it
 * provides its hash; without one, the path of the jar identifies the content.
 */
public final class ClasspathFile implements RemoteFile {
  private final String name;
  private final URL resource;

  /**
   * @throws IOException if there is no resource of this name
   */
  public ClasspathFile(String name) throws IOException {
    this.name = name;
    this.resource = find(name);
    if (resource == null) {
      throw new IOException("there is no such resource on the class path");
    }
  }

  /** The file itself, if the class path has it in a directory rather than a jar. */
  public Optional<Path> unpacked() {
    return resource.getProtocol().equals("file")
        ? Optional.of(Path.of(URI.create(resource.toString())))
        : Optional.empty();
  }

  @Override
  public String version() {
    return resource.toString();
  }

  @Override
  public Optional<String> sha256() throws IOException {
    URL digest = find(name + ".sha256");
    if (digest == null) {
      return Optional.empty();
    }
    try (InputStream in = digest.openStream()) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(text.strip().split("\\s+")[0]);
    }
  }

  @Override
  public OptionalLong size() throws IOException {
    long length = resource.openConnection().getContentLengthLong();
    return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    try (InputStream in = resource.openStream();
        OutputStream out = Files.newOutputStream(partial)) {
      new Progress("classpath:" + name, 0, size(), () -> {}).copy(in, out);
    }
  }

  private static URL find(String name) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    URL resource = context == null ? null : context.getResource(name);
    return resource == null ? ClasspathFile.class.getClassLoader().getResource(name) : resource;
  }
}
