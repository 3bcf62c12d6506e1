package dev.embark.store.web;

import dev.embark.store.file.RemoteFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model file on the Hugging Face Hub, pinned to the commit at construction.
 *
 * <p>The Hub returns a commit, a size and, for large files, the SHA-256 as the entity tag. Content
 * is requested by commit, so that it cannot change between two attempts.
 */
public final class HubFile implements RemoteFile {
  private final HubName name;
  private final HubSettings settings;
  private final String commit;
  private final String tag;
  private final OptionalLong size;

  /**
   * Requests the metadata.
   *
   * @throws IOException with the reason from the Hub or the network
   */
  public HubFile(HubName name, HubSettings settings) throws IOException {
    this.name = name;
    this.settings = settings;
    HubClient client = new HubClient(settings);
    HttpHeaders headers =
        new Retries(settings)
            .run(
                name.toString(),
                () -> 0,
                () -> client.head(name.at(settings.endpoint(), name.revision())))
            .headers();
    this.commit = headers.firstValue("X-Repo-Commit").orElse(name.revision());
    this.tag =
        first(headers, "X-Linked-Etag", "ETag")
            .map(t -> t.replaceFirst("^W/", "").replace("\"", ""))
            .orElse(commit);
    Optional<String> length = first(headers, "X-Linked-Size", "Content-Length");
    this.size = length.map(Long::parseLong).map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  private static Optional<String> first(HttpHeaders headers, String one, String other) {
    return headers.firstValue(one).or(() -> headers.firstValue(other));
  }

  @Override
  public String version() {
    return HubName.SCHEME + name.repository() + "/" + name.file() + "\n" + tag;
  }

  @Override
  public Optional<String> sha256() {
    return Optional.of(tag).filter(t -> t.matches("[0-9a-f]{64}"));
  }

  @Override
  public OptionalLong size() {
    return size;
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    URI uri = name.at(settings.endpoint(), commit);
    new HttpDownload(name.toString(), uri, size, Optional.empty(), settings).to(partial);
  }
}
