package dev.embark.job;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;

/**
 * Local file system under {@code small:/} with limited space, or without write permission. Deleting
 * files frees no space.
 */
public final class SmallDisk extends RawLocalFileSystem {
  private static final URI ROOT = URI.create("small:///");
  private static final long READ_ONLY = -1;
  private static final AtomicLong LEFT =
      new AtomicLong(); // remaining bytes, shared by all instances

  /** Registers {@code small:} with a capacity shared by all instances. */
  public static void withRoomFor(long bytes) {
    Configuration conf = LocalSpark.session().sparkContext().hadoopConfiguration();
    conf.setClass("fs.small.impl", SmallDisk.class, RawLocalFileSystem.class);
    LEFT.set(bytes);
  }

  /** Registers {@code small:} without write permission. */
  public static void readOnly() {
    withRoomFor(READ_ONLY);
  }

  static long left() {
    return LEFT.get();
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return ROOT.getScheme();
  }

  @Override
  public boolean mkdirs(Path folder, FsPermission permission) throws IOException {
    refuseIfReadOnly(folder);
    return super.mkdirs(folder, permission);
  }

  @Override
  public boolean mkdirs(Path folder) throws IOException {
    refuseIfReadOnly(folder);
    return super.mkdirs(folder);
  }

  @Override
  protected OutputStream createOutputStreamWithMode(
      Path file, boolean append, FsPermission permission) throws IOException {
    refuseIfReadOnly(file);
    return new FilterOutputStream(super.createOutputStreamWithMode(file, append, permission)) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        if (LEFT.addAndGet(-length) < 0) {
          LEFT.set(0);
          throw fsError(new IOException("No space left on device"));
        }
        out.write(bytes, offset, length);
      }

      @Override
      public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
      }
    };
  }

  /** Hadoop's error of a full local disk, whose constructor is not public. */
  private static FSError fsError(IOException cause) {
    try {
      Constructor<FSError> maker = FSError.class.getDeclaredConstructor(Throwable.class);
      maker.setAccessible(true);
      return maker.newInstance(cause);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("FSError is not as it was", e);
    }
  }

  private static void refuseIfReadOnly(Path path) throws IOException {
    if (LEFT.get() == READ_ONLY) {
      throw new AccessControlException("Permission denied: " + path);
    }
  }
}
