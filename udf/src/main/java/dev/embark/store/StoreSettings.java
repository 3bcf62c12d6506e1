package dev.embark.store;

import dev.embark.store.file.LocalFile;
import dev.embark.store.web.HubSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where copies of models are kept, what may be asked for them, and what needs no copy.
 *
 * @param directory of the copies, on a local disk; shared by all processes of the user
 * @param maxBytes what the copies may take before those unused for longest are removed
 * @param inPlace directories whose files nobody overwrites, so that they are mapped where they are
 * @param offline the Hub is never asked
 * @param hub how it is reached otherwise
 */
public record StoreSettings(
    Path directory, long maxBytes, List<Path> inPlace, boolean offline, HubSettings hub) {
  /**
   * @param environment {@code HF_ENDPOINT}, {@code HF_TOKEN} and {@code HF_HUB_OFFLINE} are read
   */
  public static StoreSettings of(
      Path directory,
      long maxBytes,
      List<Path> inPlace,
      boolean offline,
      Map<String, String> environment) {
    String hubOffline = environment.getOrDefault("HF_HUB_OFFLINE", "");
    boolean never = offline || hubOffline.equals("1") || hubOffline.equalsIgnoreCase("true");
    return new StoreSettings(directory, maxBytes, inPlace, never, HubSettings.of(environment));
  }

  /** Whether a file is mapped where it is; a link leads to where its target is. */
  boolean isInPlace(Path file) throws IOException {
    for (Path directory : inPlace) {
      if (Files.isDirectory(directory) && file.toRealPath().startsWith(directory.toRealPath())) {
        return !LocalFile.isMounted(file);
      }
    }
    return false;
  }

  /** {@code ~/.cache/embark/models}, or the like of it where there is no home. */
  public static Path defaultDirectory(Map<String, String> environment) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (!cache.isBlank()) {
      return Path.of(cache, "embark", "models");
    }
    Path home = Path.of(System.getProperty("user.home", ""));
    if (home.isAbsolute() && home.toFile().canWrite()) {
      return home.resolve(Path.of(".cache", "embark", "models"));
    }
    return Path.of(
        System.getProperty("java.io.tmpdir"),
        "embark-" + System.getProperty("user.name"),
        "models");
  }
}
