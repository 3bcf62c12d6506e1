package dev.embark.job;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.StorageStatistics;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Local file system under {@code counted:/} that counts calls, and bytes read and written. */
public final class CountingDisk extends RawLocalFileSystem {
  private static final URI ROOT = URI.create("counted:///");
  private static final AtomicLong CALLS = new AtomicLong(); // of all instances

  /**
   * Calls and bytes.
   *
   * @param calls number of calls, including those that one call makes of another
   * @param bytes bytes read and written
   */
  public record Cost(long calls, long bytes) {
    /** Returns the cost since an earlier moment. */
    public Cost since(Cost earlier) {
      return new Cost(calls - earlier.calls, bytes - earlier.bytes);
    }
  }

  /** Registers {@code counted:}. */
  public static void register() {
    Configuration conf = LocalSpark.session().sparkContext().hadoopConfiguration();
    conf.setClass("fs.counted.impl", CountingDisk.class, RawLocalFileSystem.class);
  }

  /** Returns the cost of all calls so far. */
  public static Cost cost() {
    StorageStatistics all = getGlobalStorageStatistics().get(ROOT.getScheme());
    return new Cost(CALLS.get(), all.getLong("bytesRead") + all.getLong("bytesWritten"));
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
  public FSDataOutputStream create(
      Path file,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    CALLS.incrementAndGet();
    return super.create(file, permission, overwrite, buffer, replication, block, progress);
  }

  @Override
  public FSDataOutputStream create(
      Path file,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    CALLS.incrementAndGet();
    return super.create(file, overwrite, buffer, replication, block, progress);
  }

  @Override
  public FSDataInputStream open(Path file, int buffer) throws IOException {
    CALLS.incrementAndGet();
    return super.open(file, buffer);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    CALLS.incrementAndGet();
    return super.getFileStatus(path);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    CALLS.incrementAndGet();
    return super.listStatus(path);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    CALLS.incrementAndGet();
    return super.delete(path, recursive);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    CALLS.incrementAndGet();
    return super.rename(from, to);
  }

  /** Would start a process for each file. */
  @Override
  public void setPermission(Path path, FsPermission permission) {}
}
