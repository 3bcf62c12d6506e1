package dev.embark.store.web;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/**
 * Sends requests to the Hub, or to another web server, and turns the answers into results or
 * sentences.
 *
 * <p>Follows redirects itself: the token goes to the endpoint alone, never to the storage that it
 * redirects to, and no server of the public network redirects into a private one. Safe for any
 * thread.
 */
public final class HubClient {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final int MAX_REDIRECTS = 5;
  private static final int FIRST_RETRIED_STATUS = 500;

  private final HubSettings settings;
  private final HttpClient http;

  HubClient(HubSettings settings) {
    this.settings = settings;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  /** A failure that another attempt would not mend. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /** What the Hub says of a file; the answer that redirects to its storage says the most. */
  HttpResponse<InputStream> head(URI uri) throws IOException {
    HttpResponse<InputStream> reply =
        follow(HttpRequest.newBuilder(uri).method("HEAD", noBody()), true);
    reply.body().close();
    return check(reply, uri);
  }

  /**
   * What the server that has the content says of it, behind all redirects. Some servers refuse
   * HEAD, as a signed URL that is for GET alone does: those are asked for the first byte.
   *
   * @return status 206 where {@code Content-Range} has the size, and {@code Content-Length} does
   *     not
   */
  HttpResponse<InputStream> headOfContent(URI uri) throws IOException {
    HttpResponse<InputStream> reply =
        follow(HttpRequest.newBuilder(uri).method("HEAD", noBody()), false);
    reply.body().close();
    if (isRefusal(reply.statusCode())) {
      reply = follow(HttpRequest.newBuilder(uri).GET().header("Range", "bytes=0-0"), false);
      reply.body().close();
    }
    if (reply.statusCode() / 100 == 3) {
      throw new Refused("the server redirects without end");
    }
    return check(reply, uri);
  }

  /** Whether the same request, sent again, would have the same answer. */
  private static boolean isRefusal(int status) {
    return status == 501
        || (status >= 400 && status < FIRST_RETRIED_STATUS && status != 408 && status != 429);
  }

  /**
   * The content from a byte on, if the server can; 206 says that it does, 200 that all comes.
   *
   * @return to be closed by the caller
   */
  HttpResponse<InputStream> get(URI uri, long from) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).GET();
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    HttpResponse<InputStream> reply = follow(request, false);
    try {
      return check(reply, uri);
    } catch (IOException e) {
      reply.body().close();
      throw e;
    }
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private HttpResponse<InputStream> follow(HttpRequest.Builder first, boolean withinEndpoint)
      throws IOException {
    HttpRequest request = withToken(first).build();
    HttpResponse<InputStream> reply = send(request);
    for (int i = 0; i < MAX_REDIRECTS && reply.statusCode() / 100 == 3; i++) {
      Optional<String> location = reply.headers().firstValue("Location");
      if (location.isEmpty()) {
        return reply;
      }
      URI next = request.uri().resolve(location.get());
      if (withinEndpoint && !isEndpoint(next)) {
        return reply;
      }
      reply.body().close();
      checkRedirect(first.build().uri(), request.uri(), next);
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(next)
              .method(request.method(), request.bodyPublisher().orElseGet(HubClient::noBody));
      request.headers().firstValue("Range").ifPresent(range -> builder.header("Range", range));
      request = withToken(builder).build();
      reply = send(request);
    }
    return reply;
  }

  /**
   * @param origin the URL that was asked for
   * @param from the redirecting one
   */
  static void checkRedirect(URI origin, URI from, URI to) throws Refused {
    if (from.getScheme().equalsIgnoreCase("https") && !"https".equalsIgnoreCase(to.getScheme())) {
      throw new Refused("the server redirects from https to " + to.getScheme());
    }
    if (!WebFile.isWeb(to.toString()) || to.getHost() == null) {
      throw new Refused("the server redirects to " + to.getScheme() + ": instead of a web server");
    }
    if (!PrivateAddress.is(origin.getHost()) && PrivateAddress.is(to.getHost())) {
      throw new Refused(
          "the server redirects to "
              + to.getHost()
              + ", an address of a private network; name that URL itself if it is meant");
    }
  }

  private HttpRequest.Builder withToken(HttpRequest.Builder request) {
    request.timeout(settings.stall()).header("User-Agent", "embark");
    if (isEndpoint(request.copy().build().uri())) {
      settings.token().ifPresent(t -> request.header("Authorization", "Bearer " + t));
    }
    return request;
  }

  private boolean isEndpoint(URI uri) {
    URI endpoint = settings.endpoint();
    return endpoint.getScheme().equals(uri.getScheme())
        && endpoint.getAuthority().equals(uri.getAuthority());
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
    try {
      return http.send(request, BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** The reply, unless its status says that there is no content in it. */
  private HttpResponse<InputStream> check(HttpResponse<InputStream> reply, URI uri)
      throws IOException {
    int status = reply.statusCode();
    switch (status) {
      case 200, 206, 416 -> {
        if (reply.headers().firstValue("Content-Type").orElse("").startsWith("text/html")) {
          throw new Refused(
              "the server answered with a web page instead of a model; a proxy or a login page may"
                  + " stand in between");
        }
      }
      case 301, 302, 303, 307, 308 -> {
        if (!reply.request().method().equals("HEAD")) {
          throw new Refused("the server redirects without end");
        }
      }
      case 401, 403 ->
          throw new Refused(
              "the server refuses it (HTTP "
                  + status
                  + (!isEndpoint(uri)
                      ? "): Embark sends credentials to the Hub alone; name a URL that needs none"
                      : settings.token().isPresent()
                          ? "): HF_TOKEN may not read this repository, or its terms are not accepted"
                          : "): it is private or does not exist; set HF_TOKEN on the driver and the"
                              + " executors"));
      case 404 ->
          throw new FileNotFoundException(
              "there is no such file" + (isEndpoint(uri) ? ", repository or revision" : ""));
      default -> {
        if (!isRefusal(status)) {
          throw new IOException("the server answers HTTP " + status);
        }
        throw new Refused("the server answers HTTP " + status);
      }
    }
    return reply;
  }
}
