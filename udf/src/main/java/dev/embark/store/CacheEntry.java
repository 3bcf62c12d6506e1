package dev.embark.store;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock of one copy: shared while any process uses it, exclusive while one writes or removes it.
 *
 * <p>There is one for each lock file and JVM, with one open channel: the system counts locks by
 * process, and closing any channel of a file gives up all locks that the process has on it. So
 * threads agree here first. Safe for any thread.
 */
final class CacheEntry {
  private static final ConcurrentMap<Path, CacheEntry> ALL = new ConcurrentHashMap<>();
  // Each round lost means that another process removed the copy between two locks.
  private static final int MAX_ROUNDS = 10;

  private static final byte[] USED = {'\n'};

  private final Path lockFile;
  private final ReentrantLock threads = new ReentrantLock();
  private FileChannel channel;
  private int users;

  private CacheEntry(Path lockFile) {
    this.lockFile = lockFile;
  }

  static CacheEntry of(Path lockFile) {
    return ALL.computeIfAbsent(lockFile.toAbsolutePath().normalize(), CacheEntry::new);
  }

  /** Looks whether the copy is there and whole. */
  interface Check {
    boolean isGood() throws IOException;
  }

  /** Makes the copy; nobody else looks at it meanwhile. */
  interface Make {
    void run() throws IOException;
  }

  /** Counts one more user of the copy, which is made first if it is not good. */
  void use(Check check, Make make) throws IOException {
    lockThreads();
    try {
      if (users == 0) {
        channel = open();
        try {
          lockGood(check, make);
        } catch (IOException | RuntimeException e) {
          channel.close();
          throw e;
        }
        // Through this channel, as setting the file's time would open and close another.
        channel.write(ByteBuffer.wrap(USED), 0);
      }
      users++;
    } catch (FileLockInterruptionException e) {
      throw new InterruptedIOException("interrupted while another process fetched the model");
    } finally {
      threads.unlock();
    }
  }

  private void lockGood(Check check, Make make) throws IOException {
    for (int round = 0; round < MAX_ROUNDS; round++) {
      FileLock shared = channel.lock(0, Long.MAX_VALUE, true);
      if (check.isGood()) {
        return;
      }
      shared.release();
      try (FileLock exclusive = channel.lock()) {
        if (!check.isGood()) {
          make.run();
        }
      }
    }
    throw new IOException(
        "it is removed as fast as it is fetched; make spark.embark.cacheSize larger");
  }

  /** Counts one user less. */
  void release() {
    threads.lock();
    try {
      users--;
      if (users == 0) {
        channel.close();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } finally {
      threads.unlock();
    }
  }

  /** Removes the copy, unless anybody uses it. */
  boolean removeIfUnused(Make remove) throws IOException {
    if (!threads.tryLock()) {
      return false;
    }
    try {
      if (users > 0) {
        return false;
      }
      try (FileChannel own = open();
          FileLock exclusive = own.tryLock()) {
        if (exclusive == null) {
          return false;
        }
        remove.run();
        return true;
      }
    } finally {
      threads.unlock();
    }
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        lockFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private void lockThreads() throws IOException {
    try {
      threads.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while another task fetched the model");
    }
  }
}
