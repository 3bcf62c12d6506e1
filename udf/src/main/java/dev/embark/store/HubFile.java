package dev.embark.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file on the Hub, as it was when this was made. Downloads go on where an earlier one, also of
 * another process, was cut off.
 *
 * <p>The Hub tells a commit, a size and, for large files, the SHA-256 as the entity tag; content is
 * asked for by commit, so that it cannot change between two attempts.
 */
final class HubFile implements RemoteFile {
  private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  private final HubName name;
  private final HubSettings settings;
  private final HubClient client;
  private final Retries retries;
  private final String commit;
  private final String tag;
  private final OptionalLong size;

  /**
   * Asks the Hub.
   *
   * @throws IOException with what the Hub, or the way to it, says
   */
  HubFile(HubName name, HubSettings settings) throws IOException {
    this.name = name;
    this.settings = settings;
    this.client = new HubClient(settings);
    this.retries = new Retries(settings);
    HttpHeaders headers =
        retries
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
    if (!Files.exists(partial)) {
      Files.createFile(partial);
    }
    retries.run(
        name.toString(),
        () -> Files.size(partial),
        () -> {
          transfer(partial);
          return partial;
        });
    checkIsModel(partial);
  }

  private void transfer(Path partial) throws IOException {
    long have = Files.size(partial);
    if (size.isPresent() && have >= size.getAsLong()) {
      if (have == size.getAsLong() && have > 0) {
        return;
      }
      Files.write(partial, new byte[0]); // of another file
      have = 0;
    }
    URI uri = name.at(settings.endpoint(), commit);
    HttpResponse<InputStream> reply = client.get(uri, have);
    try (InputStream in = reply.body()) {
      if (reply.statusCode() == 416) {
        Files.write(partial, new byte[0]);
        throw new IOException("the server has less of it than was here");
      }
      boolean goesOn = reply.statusCode() == 206 && startsAt(reply, have);
      append(in, partial, goesOn ? have : 0);
    }
    long now = Files.size(partial);
    if (size.isPresent() && now != size.getAsLong()) {
      throw new IOException("only " + now + " of " + size.getAsLong() + " bytes came");
    }
  }

  private void append(InputStream in, Path partial, long from) throws IOException {
    StandardOpenOption how =
        from > 0 ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
    try (StallGuard guard = new StallGuard(in, settings.stall());
        OutputStream out = Files.newOutputStream(partial, StandardOpenOption.WRITE, how)) {
      Progress progress = new Progress(name.toString(), from, size, guard::alive);
      try {
        progress.copy(in, out);
      } catch (IOException e) {
        throw guard.stalled() ? stalled(progress, e) : e;
      }
      if (guard.stalled()) {
        throw stalled(progress, null);
      }
    }
  }

  private IOException stalled(Progress progress, IOException cause) {
    long seconds = settings.stall().toSeconds();
    return new IOException("nothing came for " + seconds + " s after " + progress, cause);
  }

  private static boolean startsAt(HttpResponse<?> reply, long from) {
    return reply
        .headers()
        .firstValue("Content-Range")
        .map(range -> range.startsWith("bytes " + from + "-"))
        .orElse(false);
  }

  private static void checkIsModel(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        Files.delete(file);
        throw new HubClient.Refused("what the server sent is not a GGUF file");
      }
    }
  }
}
