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
 * Downloads one version of a model file. Resumes where an earlier download of it, also of another
 * process, was cut off.
 *
 * @param name for messages, without credentials
 * @param tag the entity tag that every answer has to have, where the URI does not name a version
 */
record HttpDownload(
    String name, URI uri, OptionalLong size, Optional<String> tag, HubSettings settings) {
  private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  /**
   * Writes the whole content.
   *
   * @param partial may hold the head of the same version
   * @throws IOException when it cannot be had, is another version by now, or no GGUF file
   */
  void to(Path partial) throws IOException {
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
    checkIsModel(partial);
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
      Files.write(partial, new byte[0]); // of another file
      have = 0;
    }
    HttpResponse<InputStream> reply = client.get(uri, have);
    try (InputStream in = reply.body()) {
      if (tag.isPresent() && !WebFile.tag(reply.headers()).equals(tag)) {
        throw new HubClient.Refused("it changed on the server while it was fetched; run it again");
      }
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

  /** Equal weak tags, and equal times, may belong to contents that differ. */
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
