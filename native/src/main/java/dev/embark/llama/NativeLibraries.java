package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Locates the llama.cpp libraries: those packed in this artifact, or those in the directory that
 * {@code EMBARK_LLAMA_HOME} names.
 */
final class NativeLibraries {
  static final String HOME_VARIABLE = "EMBARK_LLAMA_HOME";

  // Dependencies first: the linker resolves a library against those already open.
  private static final List<Pattern> LOAD_ORDER =
      List.of(
          Pattern.compile("libggml-base\\b.*\\.so[.0-9]*"),
          Pattern.compile("libggml\\b(?!-).*\\.so[.0-9]*"),
          Pattern.compile("libllama\\b(?!-).*\\.so[.0-9]*"));
  private static final Pattern C_LIBRARY = Pattern.compile("(GLIBC|GLIBCXX|CXXABI)_([0-9.]+)");

  private NativeLibraries() {}

  /** Returns the directory of the llama.cpp libraries; {@code home} may be null or empty. */
  static Path directory(String home) {
    return home == null || home.isEmpty() ? PackedLibraries.directory() : ofHome(Path.of(home));
  }

  /** Returns the libraries to open with global symbols, in load order. */
  static List<Path> inLoadOrder(Path directory) {
    List<Path> found = new ArrayList<>();
    for (Pattern pattern : LOAD_ORDER) {
      found.add(
          first(directory, pattern)
              .orElseThrow(
                  () ->
                      new EmbarkException(
                          Kind.BACKEND,
                          "No "
                              + pattern.pattern().replaceAll("\\\\b.*", ".so")
                              + " in "
                              + directory
                              + "; it does not hold a build of llama.cpp with shared libraries.")));
    }
    return found;
  }

  /** Translates a linker error into a message that names the missing dependency. */
  static EmbarkException explain(Path directory, UnsatisfiedLinkError error) {
    String message = String.valueOf(error.getMessage());
    Matcher missing = C_LIBRARY.matcher(message);
    if (missing.find() && message.contains("not found")) {
      return new EmbarkException(
          Kind.BACKEND,
          "llama.cpp needs "
              + missing.group()
              + " and this machine's C library is older. The packed build runs on Ubuntu 22.04,"
              + " Debian 12, RHEL 9, Amazon Linux 2023 and later; on this machine build llama.cpp"
              + " yourself and set "
              + HOME_VARIABLE
              + " to the directory of its libraries.",
          error);
    }
    return new EmbarkException(
        Kind.BACKEND, "The libraries in " + directory + " could not be opened: " + message, error);
  }

  private static Path ofHome(Path home) {
    for (Path candidate : List.of(home, home.resolve("lib"), home.resolve("bin"))) {
      if (Files.isDirectory(candidate) && first(candidate, LOAD_ORDER.get(2)).isPresent()) {
        return candidate;
      }
    }
    throw new EmbarkException(
        Kind.BACKEND,
        HOME_VARIABLE + " is " + home + ", but there is no libllama in it, its lib/ or its bin/.");
  }

  private static Optional<Path> first(Path directory, Pattern pattern) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> pattern.matcher(file.getFileName().toString()).matches())
          .min(Comparator.comparing(file -> file.getFileName().toString().length()));
    } catch (IOException e) {
      throw new EmbarkException(
          Kind.BACKEND, "Cannot read the directory " + directory + ": " + e.getMessage(), e);
    }
  }
}
