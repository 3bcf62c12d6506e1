package dev.embark.job.files;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.fs.BBPartHandle;
import org.apache.hadoop.fs.BBUploadHandle;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.MultipartUploader;
import org.apache.hadoop.fs.PartHandle;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UploadHandle;

/**
 * Multipart uploads below a folder. An upload can be completed by another process than the one that
 * began it. Owned by one thread.
 */
final class Uploads implements AutoCloseable {
  /** Size of a part but the last, in bytes: above the minimum of S3, and held in memory. */
  private static final int PART_BYTES = 16 << 20;

  private final FileSystem files;
  private final Path folder;
  private final MultipartUploader uploader;

  Uploads(FileSystem files, Path folder) throws IOException {
    this.files = files;
    this.folder = folder;
    this.uploader = files.createMultipartUploader(folder).build();
  }

  /** Uploads the content of a local file and leaves the upload open. */
  PendingFile begin(String path, File local) throws IOException {
    Path target = target(path);
    UploadHandle upload = result(uploader.startUpload(target));
    try (InputStream in = new FileInputStream(local)) {
      List<byte[]> parts = new ArrayList<>();
      long left = local.length();
      do {
        // The connector can repeat a request only if the stream can be read again.
        byte[] part = in.readNBytes((int) Math.min(left, PART_BYTES));
        left -= part.length;
        parts.add(bytes(put(upload, parts.size() + 1, left == 0, target, part).bytes()));
      } while (left > 0);
      return new PendingFile(path, bytes(upload.bytes()), parts);
    } catch (IOException | RuntimeException e) {
      abort(upload, target, e);
      throw e;
    }
  }

  /** Calls {@code putPart}, which has a parameter for the last part from Hadoop 3.4.2 on. */
  private PartHandle put(UploadHandle upload, int number, boolean isLast, Path target, byte[] part)
      throws IOException {
    Method method =
        Arrays.stream(MultipartUploader.class.getMethods())
            .filter(each -> each.getName().equals("putPart"))
            .findFirst()
            .orElseThrow();
    InputStream in = new ByteArrayInputStream(part);
    long length = part.length;
    Object[] arguments =
        method.getParameterCount() == 5
            ? new Object[] {upload, number, target, in, length}
            : new Object[] {upload, number, isLast, target, in, length};
    try {
      @SuppressWarnings("unchecked")
      CompletableFuture<PartHandle> put =
          (CompletableFuture<PartHandle>) method.invoke(uploader, arguments);
      return result(put);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private void abort(UploadHandle upload, Path target, Exception cause) {
    try {
      result(uploader.abort(upload, target));
    } catch (IOException | RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  void abort(PendingFile file) throws IOException {
    result(uploader.abort(handle(file), target(file.path())));
  }

  /**
   * Completes uploads at the same time, which makes their files appear; idempotent.
   *
   * @return false if an upload is neither open nor completed, because the store has aborted it
   */
  boolean complete(List<PendingFile> pending) throws IOException {
    Map<PendingFile, CompletableFuture<?>> completions = new HashMap<>();
    boolean allThere = true;
    for (PendingFile file : pending) {
      Map<Integer, PartHandle> parts = new HashMap<>();
      for (byte[] part : file.parts()) {
        parts.put(parts.size() + 1, BBPartHandle.from(ByteBuffer.wrap(part)));
      }
      try {
        completions.put(file, uploader.complete(handle(file), target(file.path()), parts));
      } catch (IOException e) {
        completions.put(file, CompletableFuture.failedFuture(e));
      }
    }
    for (PendingFile file : pending) {
      allThere &= isComplete(file, completions.get(file));
    }
    return allThere;
  }

  private boolean isComplete(PendingFile file, CompletableFuture<?> completion) throws IOException {
    try {
      result(completion);
      return true;
    } catch (IOException e) {
      // An upload that was completed before is refused as one that is gone.
      if (files.exists(target(file.path()))) {
        return true;
      }
      if (e instanceof java.io.FileNotFoundException) {
        return false;
      }
      throw e;
    }
  }

  /** Aborts all open uploads below the folder, so that the store frees their space. */
  void abortAll() throws IOException {
    result(uploader.abortUploadsUnderPath(folder));
  }

  private Path target(String path) {
    return new Path(folder, path);
  }

  private static UploadHandle handle(PendingFile file) {
    return BBUploadHandle.from(ByteBuffer.wrap(file.upload()));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static <T> T result(CompletableFuture<T> future) throws IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  @Override
  public void close() throws IOException {
    uploader.close();
  }
}
