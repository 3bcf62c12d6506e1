package dev.embark.store.web;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Connection settings for the Hugging Face Hub or a mirror of it.
 *
 * @param endpoint without a trailing slash
 * @param token sent only to the endpoint and never logged
 * @param stall time without data after which a connection is considered dead
 * @param attempts consecutive failures without progress after which a request fails
 * @param firstPause before the second attempt; doubled for each further one, up to 30 seconds
 * @param proxies of the environment
 */
public record HubSettings(
    URI endpoint,
    Optional<String> token,
    Duration stall,
    int attempts,
    Duration firstPause,
    Proxies proxies) {
  private static final String ENDPOINT = "https://huggingface.co";
  private static final URI NO_ENDPOINT = URI.create("");
  private static final Duration STALL = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 6;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /**
   * Reads {@code HF_ENDPOINT} and {@code HF_TOKEN}, the variables of the Hub's own tools, the token
   * that these tools keep in a file, and the proxies.
   */
  public static HubSettings of(Map<String, String> environment) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", "").strip().replaceFirst("/+$", "");
    return new HubSettings(
        uri(endpoint.isEmpty() ? ENDPOINT : endpoint),
        HubToken.of(environment, Path.of(System.getProperty("user.home", ""))),
        STALL,
        ATTEMPTS,
        FIRST_PAUSE,
        Proxies.of(environment));
  }

  /** The endpoint; an empty URI if it is no URL, which {@link HubClient} reports. */
  private static URI uri(String endpoint) {
    try {
      URI uri = URI.create(endpoint);
      return WebFile.isWeb(endpoint) && uri.getHost() != null ? uri : NO_ENDPOINT;
    } catch (IllegalArgumentException e) {
      return NO_ENDPOINT;
    }
  }

  /** Whether a URL is on the server of the endpoint, which alone gets the token. */
  boolean isEndpoint(URI uri) {
    return endpoint.getScheme().equals(uri.getScheme())
        && endpoint.getAuthority().equals(uri.getAuthority());
  }

  @Override
  public String toString() {
    return "HubSettings[" + endpoint + "]"; // the default of a record would expose the token
  }
}
