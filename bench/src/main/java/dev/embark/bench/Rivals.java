package dev.embark.bench;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Build output of the modules under {@code bench/rivals}. */
final class Rivals {
  private final Path folder;
  private final Path log;

  /**
   * Reads nothing yet.
   *
   * @param folder with a module for each rival
   * @param log what Maven said while it built them
   */
  Rivals(Path folder, Path log) {
    this.folder = folder;
    this.log = log;
  }

  /** The class path of a rival that was built. */
  String classPath(String rival) throws IOException {
    return folder.resolve(rival).resolve("target/classes")
        + File.pathSeparator
        + Files.readString(classPathFile(rival)).strip();
  }

  /**
   * Copies a file out of the jars of a rival that was built.
   *
   * @return the copy, which has the same name
   */
  Path extract(String rival, String file, Path to) throws IOException {
    Path copy = to.resolve(file);
    for (String jar : classPath(rival).split(File.pathSeparator)) {
      if (!jar.endsWith(".jar")) {
        continue;
      }
      try (ZipFile zip = new ZipFile(jar)) {
        ZipEntry entry = zip.getEntry(file);
        if (entry != null) {
          Files.copy(zip.getInputStream(entry), copy, StandardCopyOption.REPLACE_EXISTING);
          return copy;
        }
      }
    }
    throw new FileNotFoundException("There is no " + file + " in the jars of " + rival + ".");
  }

  /** Why a rival was not built, in Maven's words; empty if it was. */
  Optional<String> missing(String rival) throws IOException {
    if (Files.exists(classPathFile(rival))) {
      return Optional.empty();
    }
    return Optional.of("it could not be built" + reason(rival).map(why -> ": " + why).orElse(""));
  }

  private Optional<String> reason(String rival) throws IOException {
    if (!Files.exists(log)) {
      return Optional.empty();
    }
    Pattern failure =
        Pattern.compile(
            "\\[ERROR\\] Failed to execute goal.* on project embark-rival-"
                + Pattern.quote(rival)
                + ": (.*?)( -> \\[Help.*)?");
    try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
      return lines
          .map(failure::matcher)
          .filter(Matcher::matches)
          .map(line -> line.group(1))
          .findFirst();
    }
  }

  private Path classPathFile(String rival) {
    return folder.resolve(rival).resolve("target/classpath");
  }
}
