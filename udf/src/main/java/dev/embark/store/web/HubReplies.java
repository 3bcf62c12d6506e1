package dev.embark.store.web;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Turns error responses into exceptions that say what to do. The Hub names the reason in the header
 * {@code X-Error-Code}. Immutable.
 *
 * @param settings of the client
 */
record HubReplies(HubSettings settings) {
  private static final int FIRST_RETRIED_STATUS = 500;

  /** Whether the same request, sent again, would have the same answer. */
  static boolean isRefusal(int status) {
    return status == 501
        || (status >= 400 && status < FIRST_RETRIED_STATUS && status != 408 && status != 429);
  }

  /**
   * Returns the reply, or throws if its status is an error.
   *
   * @param asked the requested URL, before redirects
   */
  HttpResponse<InputStream> checked(HttpResponse<InputStream> reply, URI asked) throws IOException {
    int status = reply.statusCode();
    boolean hub = settings.isEndpoint(asked);
    switch (status) {
      case 200, 206, 416 -> {
        if (reply.headers().firstValue("Content-Type").orElse("").startsWith("text/html")) {
          throw new HubClient.Refused(
              "the server answered with a web page instead of a model; check for a proxy or a"
                  + " login page");
        }
      }
      case 301, 302, 303, 307, 308 -> {
        if (!reply.request().method().equals("HEAD")) {
          throw new HubClient.Refused("the server redirects without end");
        }
      }
      case 401, 403 ->
          throw new HubClient.Refused(
              !hub
                  ? "the server refuses it (HTTP "
                      + status
                      + "): Embark sends credentials to the Hub alone; name a URL that needs none"
                  : settings.isEndpoint(reply.request().uri())
                      ? refusal(reply, asked)
                      : reply.request().uri().getHost()
                          + ", where the Hub keeps the file, refuses it (HTTP "
                          + status
                          + "); try again, or have that host allowed in this network");
      case 404 -> throw new FileNotFoundException(missing(reply, hub));
      case 429 ->
          throw new Busy(
              "the server takes no more requests for now (HTTP 429); try again in some minutes"
                  + (hub && settings.token().isEmpty()
                      ? ", or set HF_TOKEN on the driver, whose limit is higher"
                      : ""),
              wish(reply));
      default -> {
        if (!isRefusal(status)) {
          throw new Busy("the server answers HTTP " + status, wish(reply));
        }
        throw new HubClient.Refused("the server answers HTTP " + status);
      }
    }
    return reply;
  }

  /** The refusal of a proxy that does not accept the user. */
  static HubClient.Refused proxyRefuses() {
    return new HubClient.Refused(
        "the proxy asks for a user and a password (HTTP 407): write them into HTTPS_PROXY before"
            + " its host, as in user:password@host:port, and start this JVM with"
            + " -Djdk.http.auth.tunneling.disabledSchemes=");
  }

  private static Duration wish(HttpResponse<?> reply) {
    return reply
        .headers()
        .firstValue("Retry-After")
        .filter(seconds -> seconds.matches("[0-9]{1,6}"))
        .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
        .orElse(Duration.ZERO);
  }

  private static boolean says(HttpResponse<?> reply, String code) {
    return reply.headers().firstValue("X-Error-Code").orElse("").equals(code);
  }

  /** Why the Hub itself refuses a file or a repository. */
  private String refusal(HttpResponse<?> reply, URI asked) {
    String http = " (HTTP " + reply.statusCode() + "): ";
    if (says(reply, "GatedRepo")) {
      String page = settings.endpoint() + "/" + repository(asked);
      return settings.token().isPresent()
          ? "the account of HF_TOKEN has no access to it"
              + http
              + "accept the terms on "
              + page
              + " with that account, and let the token read gated repositories"
          : "its authors ask for consent to their terms"
              + http
              + "accept them on "
              + page
              + ", and set HF_TOKEN on the driver to a token of that account";
    }
    if (settings.token().isEmpty()) {
      return "the repository does not exist or is private"
          + http
          + "check its name, or set HF_TOKEN on the driver to a token that may read it";
    }
    return reply.statusCode() == 401
        ? "the Hub does not accept HF_TOKEN"
            + http
            + "it is incomplete, expired or revoked; create another, or unset it to read public"
            + " repositories"
        : "HF_TOKEN may not read it" + http + "give the token access to this repository";
  }

  private String missing(HttpResponse<?> reply, boolean hub) {
    if (!hub) {
      return "there is no such file";
    }
    if (says(reply, "RepoNotFound")) {
      return "there is no such repository"
          + (settings.token().isPresent() ? ", or HF_TOKEN may not read it" : "");
    }
    return says(reply, "RevisionNotFound")
        ? "the repository has no such revision"
        : says(reply, "EntryNotFound")
            ? "the repository has no such file"
            : "there is no such file, repository or revision";
  }

  /** The repository of a URL of {@link HubName}. */
  private String repository(URI asked) {
    String path =
        asked.toString().substring(settings.endpoint().toString().length()).replaceFirst("^/", "");
    String[] parts = path.replaceFirst("^api/models/", "").split("/");
    return parts.length < 2 ? "" : parts[0] + "/" + parts[1];
  }
}
