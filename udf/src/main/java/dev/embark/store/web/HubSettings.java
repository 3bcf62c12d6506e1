package dev.embark.store.web;

import java.net.URI;
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
 */
public record HubSettings(
    URI endpoint, Optional<String> token, Duration stall, int attempts, Duration firstPause) {
  private static final String ENDPOINT = "https://huggingface.co";
  private static final Duration STALL = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 6;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** Reads {@code HF_ENDPOINT} and {@code HF_TOKEN}, the variables of the Hub's own tools. */
  public static HubSettings of(Map<String, String> environment) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", ENDPOINT).replaceFirst("/+$", "");
    return new HubSettings(
        URI.create(endpoint.isBlank() ? ENDPOINT : endpoint),
        Optional.ofNullable(environment.get("HF_TOKEN"))
            .map(String::strip)
            .filter(t -> !t.isEmpty()),
        STALL,
        ATTEMPTS,
        FIRST_PAUSE);
  }

  @Override
  public String toString() {
    return "HubSettings[" + endpoint + "]"; // the default of a record would expose the token
  }
}
