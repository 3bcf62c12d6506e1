package dev.embark.store.web;

import dev.embark.store.file.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Resumable download of one version of a model file. It continues where an earlier attempt, even of
 * another process, was interrupted.
 *
 * @param name for messages, without credentials
 * @param tag the entity tag that every response must have if the URI does not identify a version
 */
record HttpDownload(
    String name, URI uri, OptionalLong size, Optional<String> tag, HubSettings settings) {
  private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  /**
   * Writes the whole content of a GGUF file.
   *
   * @param partial may contain the beginning of the same version
   * @throws IOException if the download fails, the version has changed, or the content is not a
   *     GGUF file
   */
  void to(Path partial) throws IOException {
    toAny(partial);
    checkIsModel(partial);
  }

  /**
   * Writes the whole content of a file of any kind.
   *
   * @param partial may contain the beginning of the same version
   * @throws IOException if the download fails or the version has changed
   */
  void toAny(Path partial) throws IOException {
    if (!Files.exists(partial)) {
      Files.createFile(partial);
    }
    HubClient client = new HubClient(settings);
    new Retries(settings)
        .run(
            name,
            () -> Files.size(partial),
            () -> {
              transfer(client, partial);
              return partial;
            });
  }

  private void transfer(HubClient client, Path partial) throws IOException {
    if (!isResumable()) {
      Files.write(partial, new byte[0]);
    }
    long have = Files.size(partial);
    if (size.isPresent() && have >= size.getAsLong()) {
      if (have == size.getAsLong() && have > 0) {
        return;
      }
      Files.write(partial, new byte[0]); // from another file
      have = 0;
    }
    HttpResponse<InputStream> reply = client.get(uri, have);
    try (InputStream in = reply.body()) {
      if (tag.isPresent() && !WebFile.tag(reply.headers()).equals(tag)) {
        throw new HubClient.Refused("it changed on the server while it was fetched; try again");
      }
      if (reply.statusCode() == 416) {
        Files.write(partial, new byte[0]);
        throw new IOException("the file on the server is shorter than the part already downloaded");
      }
      boolean resumes = reply.statusCode() == 206 && startsAt(reply, have);
      append(in, partial, resumes ? have : 0);
    }
    long now = Files.size(partial);
    if (size.isPresent() && now != size.getAsLong()) {
      throw new IOException("received only " + now + " of " + size.getAsLong() + " bytes");
    }
  }

  /**
   * Whether the tag is strong. Contents with equal weak tags, or equal modification times, may
   * differ.
   */
  private boolean isResumable() {
    return tag.isEmpty() || tag.get().startsWith("\"");
  }

  private void append(InputStream in, Path partial, long from) throws IOException {
    StandardOpenOption how =
        from > 0 ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
    try (StallGuard guard = new StallGuard(in, settings.stall());
        OutputStream out = Files.newOutputStream(partial, StandardOpenOption.WRITE, how)) {
      Progress progress = new Progress(name, from, size, guard::alive);
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
    return new IOException("received no data for " + seconds + " s after " + progress, cause);
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
