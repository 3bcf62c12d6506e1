package dev.embark.job.files;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Set;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Properties of object stores, where each call is a billed request to a server. */
public final class ObjectStores {
  private static final Set<String> SCHEMES =
      Set.of(
          "s3a", "s3", "s3n", "gs", "abfs", "abfss", "wasb", "wasbs", "oss", "obs", "cosn", "oci");

  /** S3A's option that skips the requests with which it looks for files and folders of the name. */
  private static final String UNCHECKED = "fs.s3a.create.performance";

  private ObjectStores() {}

  /** Returns whether a file system is an object store. */
  public static boolean isOne(FileSystem files) {
    return SCHEMES.contains(files.getUri().getScheme());
  }

  /**
   * Returns whether files are written as uploads that appear when they are completed: on an object
   * store whose connector offers them, which is S3A.
   *
   * @throws IOException if the file system cannot be reached
   */
  public static boolean hasUploads(FileSystem files, Path path) throws IOException {
    return isOne(files)
        && files.hasPathCapability(path, CommonPathCapabilities.FS_MULTIPART_UPLOADER);
  }

  /**
   * Creates a file and its folders, or replaces the file. On S3A this is one request for a small
   * file, which appears when the stream is closed.
   */
  public static OutputStream create(FileSystem files, Path path) throws IOException {
    if (!hasUploads(files, path)) {
      return files.create(path, true); // a builder would start a process for permissions
    }
    FSDataOutputStreamBuilder<?, ?> builder = files.createFile(path);
    builder.opt(UNCHECKED, true);
    builder.overwrite(true);
    builder.recursive();
    return builder.build();
  }
}
