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
 * A model file on a web server, in the version at construction.
 *
 * <p>A URL does not identify a version. The content is therefore pinned by a hash, or the server
 * must provide an entity tag or modification time, which is requested again for each query.
 */
public final class WebFile implements RemoteFile {
  private static final Pattern URL = Pattern.compile("(?is)https?:.*");

  private final URI uri;
  private final Optional<String> expected;
  private final HubSettings settings;
  private final Optional<String> tag;
  private final OptionalLong size;

  /**
   * Requests the metadata.
   *
   * @param expected the hash of the content, if known
   * @throws IOException with the reason from the server or the network, or if there is neither a
   *     hash nor metadata by which a change could be detected
   */
  public WebFile(String url, Optional<String> expected, HubSettings settings) throws IOException {
    this.uri = URI.create(url);
    this.expected = expected;
    this.settings = settings;
    HubClient client = new HubClient(settings);
    HttpResponse<?> head = new Retries(settings).run(url, () -> 0, () -> client.headOfContent(uri));
    this.tag = tag(head.headers());
    if (tag.isEmpty() && expected.isEmpty()) {
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

  /** Whether a URI uses http or https. */
  public static boolean isWeb(String uri) {
    return URL.matcher(uri).matches();
  }

  /**
   * The metadata that changes with the content: the entity tag or, without one, the modification
   * time.
   */
  static Optional<String> tag(HttpHeaders headers) {
    return headers.firstValue("ETag").or(() -> headers.firstValue("Last-Modified"));
  }

  @Override
  public String version() {
    return uri + "\n" + tag.orElse("");
  }

  @Override
  public Optional<String> sha256() {
    return expected;
  }

  @Override
  public OptionalLong size() {
    return size;
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    // A hash pins the content, so the server's version need not.
    new HttpDownload(
            uri.toString(), uri, size, expected.isPresent() ? Optional.empty() : tag, settings)
        .to(partial);
  }
}
