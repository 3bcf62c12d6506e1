package dev.embark.store.web;

import dev.embark.store.file.RemoteFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A file of a web server, as it was when this was made.
 *
 * <p>A URL names no version. So the content is pinned by a hash, or the server has to give an
 * entity tag or a time of modification, by which it is looked up anew for each query.
 */
public final class WebFile implements RemoteFile {
  private static final Pattern URL = Pattern.compile("(?is)https?:.*");

  private final URI uri;
  private final Optional<String> asked;
  private final HubSettings settings;
  private final Optional<String> tag;
  private final OptionalLong size;

  /**
   * Asks the server.
   *
   * @param asked the hash that the content must have, if that is known
   * @throws IOException with what the server, or the way to it, says; when it gives nothing by
   *     which a change would be noticed, and no hash is asked for
   */
  public WebFile(String url, Optional<String> asked, HubSettings settings) throws IOException {
    this.uri = URI.create(url);
    this.asked = asked;
    this.settings = settings;
    HubClient client = new HubClient(settings);
    HttpResponse<?> head = new Retries(settings).run(url, () -> 0, () -> client.headOfContent(uri));
    this.tag = tag(head.headers());
    if (tag.isEmpty() && asked.isEmpty()) {
      throw new HubClient.Refused(
          "the server gives neither ETag nor Last-Modified, so that a change would go unnoticed; set"
              + " modelSha256 to the file's SHA-256");
    }
    this.size = size(head);
  }

  private static OptionalLong size(HttpResponse<?> head) {
    HttpHeaders headers = head.headers();
    Optional<String> length =
        head.statusCode() == 206
            ? headers.firstValue("Content-Range").map(range -> range.replaceFirst(".*/", ""))
            : headers.firstValue("Content-Length");
    // Some servers answer 0 where they make the content only when it is asked for, or * in a range.
    return length.filter(n -> n.matches("[0-9]+")).map(Long::parseLong).filter(n -> n > 0).stream()
        .mapToLong(n -> n)
        .findAny();
  }

  /** Whether a URI is one of a web server. */
  public static boolean isWeb(String uri) {
    return URL.matcher(uri).matches();
  }

  /** What changes with the content: the entity tag, or else the time of modification. */
  static Optional<String> tag(HttpHeaders headers) {
    return headers.firstValue("ETag").or(() -> headers.firstValue("Last-Modified"));
  }

  @Override
  public String version() {
    return uri + "\n" + tag.orElse("");
  }

  @Override
  public Optional<String> sha256() {
    return asked;
  }

  @Override
  public OptionalLong size() {
    return size;
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    // With a hash it does not matter which version comes, as long as the hash is right.
    new HttpDownload(
            uri.toString(), uri, size, asked.isPresent() ? Optional.empty() : tag, settings)
        .to(partial);
  }
}
