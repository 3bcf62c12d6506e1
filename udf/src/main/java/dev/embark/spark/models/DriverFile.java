package dev.embark.spark.models;

import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.Progress;
import dev.embark.store.file.RemoteFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.SparkEnv;

/**
 * A model that the driver has converted and serves to its executors, as it serves the application's
 * jars. An executor fetches it only if its node has no copy of that hash.
 *
 * @param url at the driver's file server
 * @param hash SHA-256 of the content in lower-case hex
 */
record DriverFile(String url, String hash) implements RemoteFile {
  // By hash. The copies stay open while they are served, so that the cache does not evict them.
  private static final Map<String, Served> SERVED = new HashMap<>();

  /** A copy that an application's file server offers. */
  private record Served(SparkEnv env, StoredModel copy, String url) {}

  /**
   * Serves a copy as long as the application runs. Called on the driver.
   *
   * @param copy is closed here
   * @return its URL
   */
  static synchronized String serve(SparkEnv env, StoredModel copy) {
    SERVED
        .values()
        .removeIf(
            served -> {
              boolean ended = served.env() != env;
              if (ended) {
                served.copy().close();
              }
              return ended;
            });
    Served known = SERVED.get(copy.sha256());
    if (known != null) {
      copy.close();
      return known.url();
    }
    String url = env.rpcEnv().fileServer().addFile(copy.path().toFile());
    SERVED.put(copy.sha256(), new Served(env, copy, url));
    return url;
  }

  @Override
  public String version() {
    return hash;
  }

  @Override
  public Optional<String> sha256() {
    return Optional.of(hash);
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.empty();
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    try (InputStream in = Channels.newInputStream(SparkEnv.get().rpcEnv().openChannel(url));
        OutputStream out = Files.newOutputStream(partial)) {
      new Progress("the driver's model", 0, size(), () -> {}).copy(in, out);
    }
  }
}
