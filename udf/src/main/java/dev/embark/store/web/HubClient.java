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
 * HTTP client for the Hugging Face Hub and other web servers, which turns error responses into
 * messages for the user.
 *
 * <p>It follows redirects itself, so that the token is sent only to the endpoint and never to the
 * storage it redirects to, and no public server can redirect into a private network. Safe for any
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

  /** A permanent failure that must not be retried. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * HEAD request for a file on the Hub, without following the redirect to its storage, whose
   * response has the most metadata.
   */
  HttpResponse<InputStream> head(URI uri) throws IOException {
    HttpResponse<InputStream> reply =
        follow(HttpRequest.newBuilder(uri).method("HEAD", noBody()), true);
    reply.body().close();
    return check(reply, uri);
  }

  /**
   * HEAD request that follows all redirects to the server of the content. Servers that refuse HEAD,
   * such as those of URLs signed for GET, are asked for the first byte instead.
   *
   * @return status 206 if {@code Content-Range} has the size and {@code Content-Length} does not
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
   * GET request for the content from byte {@code from} on. Status 206 means that the server
   * supports the range, 200 that it sends the whole content.
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
   * @param origin the requested URL
   * @param from the redirecting URL
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

  /** Returns the reply, or throws if its status is an error. */
  private HttpResponse<InputStream> check(HttpResponse<InputStream> reply, URI uri)
      throws IOException {
    int status = reply.statusCode();
    switch (status) {
      case 200, 206, 416 -> {
        if (reply.headers().firstValue("Content-Type").orElse("").startsWith("text/html")) {
          throw new Refused(
              "the server answered with a web page instead of a model; check for a proxy or a"
                  + " login page");
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
