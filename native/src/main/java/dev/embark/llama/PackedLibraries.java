package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Loader;

/**
 * The native libraries of this artifact and of the GPU artifacts on the class path, unpacked into
 * JavaCPP's cache once per machine and build.
 *
 * <p>The directory is named after a hash of its contents. JavaCPP's own cache compares size and
 * time, which are equal for two builds of one version, and so could pair one build with the library
 * of the other. Files are moved into place atomically, so several processes may start at once.
 * Libraries that another user may have written are rejected.
 */
final class PackedLibraries {
  private static final String PLACE = "/dev/embark/llama/" + Loader.getPlatform() + "/";
  // The first line is a hash of all libraries, every further line the name of one.
  private static final String INDEX = "libraries.index";
  // Resource directories of embark-native-cuda and embark-native-vulkan.
  private static final List<String> GPU_PARTS = List.of("cuda/", "vulkan/");

  private PackedLibraries() {}

  /**
   * Returns the directory of the unpacked libraries and unpacks missing ones.
   *
   * @throws EmbarkException of kind BACKEND when this jar has no libraries for the platform, the
   *     cache cannot be written, or another user may have written to it
   */
  static Path directory() {
    List<Part> parts = parts();
    String place = "JavaCPP's cache";
    try {
      Path cache = Loader.getCacheDir().toPath().toRealPath();
      Path directory = cache.resolve(name(parts));
      place = directory.toString();
      LibraryOwners owners = LibraryOwners.of(cache);
      owners.check(cache); // the cache also holds JavaCPP's own library
      if (!Files.isDirectory(directory)) {
        make(directory);
      }
      owners.check(directory);
      for (Part part : parts) {
        for (String library : part.libraries()) {
          unpack(part.place() + library, directory.resolve(library), owners);
        }
      }
      return directory;
    } catch (LibraryOwners.Untrusted e) {
      throw new EmbarkException(
          Kind.BACKEND,
          "The native libraries are not loaded from "
              + place
              + ", where another user may have written them: "
              + e.getMessage()
              + "; set -Dorg.bytedeco.javacpp.cachedir to a directory that "
              + System.getProperty("user.name")
              + " and nobody else can write to.",
          e);
    } catch (IOException e) {
      throw new EmbarkException(
          Kind.BACKEND,
          "The native libraries could not be unpacked into "
              + place
              + " ("
              + e.getMessage()
              + "); set -Dorg.bytedeco.javacpp.cachedir to a directory that can be written.",
          e);
    }
  }

  /** Returns the directory name, which identifies this build. */
  static String name() {
    return name(parts());
  }

  private static String name(List<Part> parts) {
    return parts.stream().map(Part::hash).collect(Collectors.joining("-", "embark-", ""));
  }

  private static List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    parts.add(part("").orElseThrow(PackedLibraries::none));
    for (String gpu : GPU_PARTS) {
      part(gpu).ifPresent(parts::add);
    }
    return parts;
  }

  private static void make(Path directory) throws IOException {
    try {
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) { // otherwise another process has just created it
        throw new IOException(directory + " is not a directory", e);
      }
    }
  }

  private static void unpack(String resource, Path library, LibraryOwners owners)
      throws IOException {
    if (Files.exists(library)) {
      owners.check(library);
    } else {
      copy(resource, library);
    }
  }

  /** The libraries of one artifact. */
  private record Part(String place, String hash, List<String> libraries) {}

  private static Optional<Part> part(String place) {
    URL index = PackedLibraries.class.getResource(PLACE + place + INDEX);
    if (index == null) {
      return Optional.empty();
    }
    try (InputStream in = index.openStream()) {
      List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      return Optional.of(new Part(place, lines.get(0), lines.subList(1, lines.size())));
    } catch (IOException e) {
      throw new EmbarkException(Kind.BACKEND, "Embark's jar cannot be read: " + e, e);
    }
  }

  private static EmbarkException none() {
    return new EmbarkException(
        Kind.BACKEND,
        "This jar holds no llama.cpp for "
            + Loader.getPlatform()
            + "; use the jar of this platform.");
  }

  private static void copy(String resource, Path to) throws IOException {
    Path partial = Files.createTempFile(to.getParent(), to.getFileName().toString(), ".part");
    try (InputStream in = PackedLibraries.class.getResourceAsStream(PLACE + resource);
        OutputStream out = Files.newOutputStream(partial)) { // mode 0600 of createTempFile
      if (in == null) {
        throw new IOException("this jar lacks " + resource);
      }
      in.transferTo(out);
      Files.move(partial, to, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
