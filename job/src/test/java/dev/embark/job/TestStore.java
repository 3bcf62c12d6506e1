package dev.embark.job;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.BBPartHandle;
import org.apache.hadoop.fs.BBUploadHandle;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.MultipartUploader;
import org.apache.hadoop.fs.MultipartUploaderBuilder;
import org.apache.hadoop.fs.PartHandle;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathHandle;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.UploadHandle;
import org.apache.hadoop.fs.impl.MultipartUploaderBuilderImpl;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Local folders as an object store under {@code oss://test/}: it has multipart uploads as S3 has
 * them, and lists the renames, each of which would be a copy.
 */
public final class TestStore extends RawLocalFileSystem {
  private static final URI ROOT = URI.create("oss://test/");

  /** Open uploads by their id; shared by all instances, as by the clients of a store. */
  private static final Map<String, Upload> OPEN = new ConcurrentHashMap<>();

  public static final List<String> RENAMES = new ArrayList<>();

  /** Whether the store has uploads, as S3A, or only renames, as other connectors. */
  public static boolean hasUploads;

  private record Upload(Path target, Map<Integer, byte[]> parts) {}

  /** Registers the store and returns the output below a local folder. */
  public static String output(java.nio.file.Path folder) {
    Configuration conf = LocalSpark.session().sparkContext().hadoopConfiguration();
    conf.setClass("fs.oss.impl", TestStore.class, RawLocalFileSystem.class);
    OPEN.clear();
    RENAMES.clear();
    hasUploads = true;
    return "oss://test" + folder;
  }

  /** Returns the number of open uploads. */
  public static int open() {
    return OPEN.size();
  }

  /** Aborts all open uploads, as a lifecycle rule of a store does after some days. */
  public static void abortUploads() {
    OPEN.clear();
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
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return (hasUploads && capability.equals(CommonPathCapabilities.FS_MULTIPART_UPLOADER))
        || super.hasPathCapability(path, capability);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    RENAMES.add(from.getName());
    return super.rename(from, to);
  }

  /** Would start a process for each file. */
  @Override
  public void setPermission(Path path, FsPermission permission) {}

  @Override
  @SuppressWarnings({"rawtypes", "unchecked"})
  public MultipartUploaderBuilder createMultipartUploader(Path folder) {
    return new Builder(this, folder);
  }

  @SuppressWarnings({"rawtypes", "unchecked"})
  private static final class Builder extends MultipartUploaderBuilderImpl {
    private final TestStore store;

    Builder(TestStore store, Path folder) {
      super(store, folder);
      this.store = store;
    }

    @Override
    public MultipartUploaderBuilder getThisBuilder() {
      return this;
    }

    @Override
    public MultipartUploader build() {
      return new Uploader(store);
    }
  }

  /** Has both forms of {@code putPart}, of Hadoop before and from 3.4.2. */
  @SuppressWarnings({"MissingOverride", "UnusedVariable"})
  private record Uploader(TestStore store) implements MultipartUploader {
    @Override
    public CompletableFuture<UploadHandle> startUpload(Path target) {
      String id = UUID.randomUUID().toString();
      OPEN.put(id, new Upload(target, new TreeMap<>()));
      return CompletableFuture.completedFuture(
          BBUploadHandle.from(ByteBuffer.wrap(id.getBytes(StandardCharsets.UTF_8))));
    }

    private static Upload upload(UploadHandle handle) throws IOException {
      Upload upload = OPEN.get(id(handle));
      if (upload == null) {
        throw new FileNotFoundException("there is no upload " + id(handle));
      }
      return upload;
    }

    private static String id(UploadHandle handle) {
      return StandardCharsets.UTF_8.decode(handle.bytes().duplicate()).toString();
    }

    public CompletableFuture<PartHandle> putPart(
        UploadHandle handle, int number, Path target, InputStream in, long length)
        throws IOException {
      upload(handle).parts().put(number, in.readAllBytes());
      return CompletableFuture.completedFuture(
          BBPartHandle.from(ByteBuffer.allocate(Integer.BYTES).putInt(0, number)));
    }

    public CompletableFuture<PartHandle> putPart(
        UploadHandle handle, int number, boolean isLast, Path target, InputStream in, long length)
        throws IOException {
      return putPart(handle, number, target, in, length);
    }

    @Override
    public CompletableFuture<PathHandle> complete(
        UploadHandle handle, Path target, Map<Integer, PartHandle> parts) throws IOException {
      Upload upload = upload(handle);
      if (!upload.target().equals(target) || !upload.parts().keySet().equals(parts.keySet())) {
        throw new IOException("other parts or another target than uploaded");
      }
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (byte[] part : upload.parts().values()) {
        all.writeBytes(part);
      }
      try (OutputStream out = store.create(target, true)) {
        out.write(all.toByteArray());
      }
      OPEN.remove(id(handle));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> abort(UploadHandle handle, Path target) {
      OPEN.remove(id(handle));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Integer> abortUploadsUnderPath(Path folder) {
      OPEN.values().removeIf(upload -> upload.target().toString().startsWith(folder + "/"));
      return CompletableFuture.completedFuture(0);
    }

    @Override
    public void close() {}
  }
}
