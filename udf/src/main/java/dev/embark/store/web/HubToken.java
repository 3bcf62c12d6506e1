package dev.embark.store.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The token of the Hugging Face Hub, where the Hub's own tools look for it: {@code HF_TOKEN}, or
 * the file that {@code hf auth login} writes. Stateless.
 */
final class HubToken {
  private static final int MOST_BYTES = 4096;

  private HubToken() {}

  /**
   * Returns the token; empty if there is none.
   *
   * @param home the user's home directory, where the file is by default
   */
  static Optional<String> of(Map<String, String> environment, Path home) {
    Optional<String> variable =
        Stream.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
            .map(name -> environment.getOrDefault(name, "").strip())
            .filter(token -> !token.isEmpty())
            .findFirst();
    return variable.isPresent() ? variable : ofFile(environment, home);
  }

  private static Optional<String> ofFile(Map<String, String> environment, Path home) {
    try {
      Path file = file(environment, home);
      if (!Files.isReadable(file) || Files.size(file) > MOST_BYTES) {
        return Optional.empty();
      }
      return Optional.of(Files.readString(file).strip()).filter(token -> !token.isEmpty());
    } catch (IOException | InvalidPathException e) {
      return Optional.empty(); // the Hub says if it wants a token
    }
  }

  private static Path file(Map<String, String> environment, Path home) {
    String path = environment.getOrDefault("HF_TOKEN_PATH", "");
    if (!path.isBlank()) {
      return Path.of(path);
    }
    String ofHub = environment.getOrDefault("HF_HOME", "");
    if (!ofHub.isBlank()) {
      return Path.of(ofHub, "token");
    }
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    return (cache.isBlank() ? home.resolve(".cache") : Path.of(cache))
        .resolve(Path.of("huggingface", "token"));
  }
}
