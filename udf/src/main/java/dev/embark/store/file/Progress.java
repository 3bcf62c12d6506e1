package dev.embark.store.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies a stream and logs the number of bytes every ten seconds. */
public final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final long EVERY_NANOS = 10_000_000_000L;
  private static final int BUFFER_BYTES = 1 << 17;

  private final String name;
  private final OptionalLong total;
  private final Runnable alive;
  private long bytes;
  private long lastLog = System.nanoTime();

  /**
   * @param name of the model, without credentials
   * @param done bytes that an earlier attempt has transferred
   * @param alive called after each read
   */
  public Progress(String name, long done, OptionalLong total, Runnable alive) {
    this.name = name;
    this.bytes = done;
    this.total = total;
    this.alive = alive;
  }

  /** Copies {@code in} to its end; closes neither stream. */
  public void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      out.write(buffer, 0, n);
      bytes += n;
      alive.run();
      if (System.nanoTime() - lastLog > EVERY_NANOS) {
        lastLog = System.nanoTime();
        LOG.info("{}: {}", name, this);
      }
    }
  }

  /** Bytes transferred so far, including earlier attempts. */
  long bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return total.isPresent()
        ? String.format(Locale.ROOT, "%,d of %,d bytes", bytes, total.getAsLong())
        : String.format(Locale.ROOT, "%,d bytes", bytes);
  }
}
