package dev.embark.store.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * HTTP client for the Hugging Face Hub and other web servers, through the proxies that the
 * environment or the JVM names. {@link HubReplies} and {@link Unreachable} turn failures into
 * messages for the user.
 *
 * <p>It follows redirects itself, so that the token is sent only to the endpoint and never to the
 * storage it redirects to, and no public server can redirect into a private network. Safe for any
 * thread.
 */
public final class HubClient {
  private static final Duration CONNECT = Duration.ofSeconds(4);
  private static final int MAX_REDIRECTS = 5;
  private static final Pattern TOKEN = Pattern.compile("[!-~]+");
  // Without it the JDK sends no password to a proxy before the tunnel of an https: URL.
  private static final String TUNNELS = "jdk.http.auth.tunneling.disabledSchemes";
  private static final String COPIED =
      "or else name a file or folder that was copied to this machine";

  private final HubSettings settings;
  private final HubReplies replies;
  private final HttpClient http;

  /**
   * @throws Refused if a setting of the environment cannot be used
   */
  HubClient(HubSettings settings) throws Refused {
    if (settings.endpoint().getHost() == null) {
      throw new Refused("HF_ENDPOINT is no URL of the form https://host");
    }
    if (!settings.token().map(TOKEN.asMatchPredicate()::test).orElse(true)) {
      throw new Refused("HF_TOKEN has characters that no token has; set it again"); // not its value
    }
    this.settings = settings;
    this.replies = new HubReplies(settings);
    if (settings.proxies().credentials(settings.endpoint()).isPresent()
        && System.getProperty(TUNNELS) == null) {
      System.setProperty(TUNNELS, "");
    }
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .proxy(settings.proxies().selector())
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
    return replies.checked(reply, uri);
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
    if (HubReplies.isRefusal(reply.statusCode())) {
      reply = follow(HttpRequest.newBuilder(uri).GET().header("Range", "bytes=0-0"), false);
      reply.body().close();
    }
    if (reply.statusCode() / 100 == 3) {
      throw new Refused("the server redirects without end");
    }
    return replies.checked(reply, uri);
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
      return replies.checked(reply, uri);
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
    URI origin = request.uri();
    HttpResponse<InputStream> reply = send(request, origin);
    for (int i = 0; i < MAX_REDIRECTS && reply.statusCode() / 100 == 3; i++) {
      Optional<String> location = reply.headers().firstValue("Location");
      if (location.isEmpty()) {
        return reply;
      }
      URI next = request.uri().resolve(location.get());
      if (withinEndpoint && !settings.isEndpoint(next)) {
        return reply;
      }
      reply.body().close();
      checkRedirect(origin, request.uri(), next);
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(next)
              .method(request.method(), request.bodyPublisher().orElseGet(HubClient::noBody));
      request.headers().firstValue("Range").ifPresent(range -> builder.header("Range", range));
      request = withToken(builder).build();
      reply = send(request, origin);
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

  private HttpRequest.Builder withToken(HttpRequest.Builder request) throws Refused {
    request.timeout(settings.stall()).header("User-Agent", "embark");
    URI uri = request.copy().build().uri();
    if (settings.isEndpoint(uri)) {
      settings.token().ifPresent(t -> request.header("Authorization", "Bearer " + t));
    }
    settings.proxies().credentials(uri).ifPresent(c -> request.header("Proxy-Authorization", c));
    return request;
  }

  private HttpResponse<InputStream> send(HttpRequest request, URI origin) throws IOException {
    Optional<InetSocketAddress> proxy = settings.proxies().of(request.uri());
    try {
      HttpResponse<InputStream> reply = http.send(request, BodyHandlers.ofInputStream());
      if (reply.statusCode() == HttpURLConnection.HTTP_PROXY_AUTH) {
        throw HubReplies.proxyRefuses(); // the reply of a tunnel has no body
      }
      return reply;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (IOException e) {
      throw Unreachable.of(e, request.uri(), proxy, CONNECT, advice(request.uri(), origin));
    }
  }

  private String advice(URI uri, URI origin) {
    if (settings.isEndpoint(uri)) {
      return "set HTTPS_PROXY if this machine needs a proxy, HF_ENDPOINT if it has a mirror of the"
          + " Hub, "
          + COPIED;
    }
    return settings.isEndpoint(origin)
        ? "the Hub keeps the file there, so this machine needs that host, too, " + COPIED
        : "set HTTPS_PROXY if this machine needs a proxy, " + COPIED;
  }
}
