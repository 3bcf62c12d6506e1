package dev.embark.store.web;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How the Hugging Face Hub, or a mirror of it, is reached.
 *
 * @param endpoint without a slash at its end
 * @param token sent to the endpoint alone and never told
 * @param stall without a byte for so long, a connection counts as dead
 * @param attempts failures in a row, without a byte gained, after which it gives up
 * @param firstPause before the second attempt; doubled for each further one, up to 30 seconds
 */
public record HubSettings(
    URI endpoint, Optional<String> token, Duration stall, int attempts, Duration firstPause) {
  private static final String ENDPOINT = "https://huggingface.co";
  private static final Duration STALL = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 6;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** {@code HF_ENDPOINT} and {@code HF_TOKEN}, by the names that the Hub's own tools read. */
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
    return "HubSettings[" + endpoint + "]"; // a record's own would tell the token
  }
}
