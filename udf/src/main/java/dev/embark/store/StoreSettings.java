package dev.embark.store;

import dev.embark.store.file.LocalFile;
import dev.embark.store.web.HubSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Settings of the model store: its cache directory, size limit, in-place directories and network
 * access.
 *
 * @param directory of the cache, on a local disk; shared by all processes of the user
 * @param maxBytes size limit of the cache; the least recently used copies are evicted
 * @param inPlace directories whose files are never overwritten and are therefore mapped in place
 * @param offline whether the Hub and web servers are never contacted
 * @param hub connection settings
 */
public record StoreSettings(
    Path directory, long maxBytes, List<Path> inPlace, boolean offline, HubSettings hub) {
  /**
   * @param environment supplies {@code HF_ENDPOINT}, {@code HF_TOKEN} and {@code HF_HUB_OFFLINE}
   */
  public static StoreSettings of(
      Path directory,
      long maxBytes,
      List<Path> inPlace,
      boolean offline,
      Map<String, String> environment) {
    String hubOffline = environment.getOrDefault("HF_HUB_OFFLINE", "");
    boolean isOffline = offline || hubOffline.equals("1") || hubOffline.equalsIgnoreCase("true");
    return new StoreSettings(directory, maxBytes, inPlace, isOffline, HubSettings.of(environment));
  }

  /** Whether a file is mapped in place; symbolic links are resolved. */
  boolean isInPlace(Path file) throws IOException {
    for (Path directory : inPlace) {
      if (Files.isDirectory(directory) && file.toRealPath().startsWith(directory.toRealPath())) {
        return !LocalFile.isMounted(file);
      }
    }
    return false;
  }

  /**
   * {@code ~/.cache/embark/models}, or a directory below {@code XDG_CACHE_HOME} if set, or below
   * the temporary directory if there is no writable home.
   */
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
