package dev.embark.imports;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the licence from the front matter of a model's README. Stateless. */
final class ModelCard {
  private static final int MOST_BYTES = 1 << 16;
  private static final Pattern FRONT_MATTER = Pattern.compile("(?s)\\A---\\s*\\n(.*?)\\n---");
  private static final Pattern LICENSE =
      Pattern.compile("(?m)^license:[ \\t]*['\"]?([\\w.+-]{1,64})['\"]?[ \\t]*$");

  private ModelCard() {}

  /** Returns the licence, such as {@code apache-2.0}; empty if the folder names none. */
  static Optional<String> license(ModelFolder folder) throws IOException {
    Path file = folder.file("README.md");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      String start = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
      Matcher front = FRONT_MATTER.matcher(start.replace("\r\n", "\n"));
      return front.find()
          ? Optional.of(LICENSE.matcher(front.group(1)))
              .filter(Matcher::find)
              .map(license -> license.group(1))
          : Optional.empty();
    }
  }
}
