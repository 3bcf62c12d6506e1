package dev.embark.store.cache;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lock of one cached copy across threads and processes: shared while the copy is used, exclusive
 * while it is written or removed.
 *
 * <p>Each JVM has one open channel per lock file: the operating system counts file locks by
 * process, and closing any channel of a file releases all locks of the process on it. Threads of
 * all class loaders therefore synchronise first, on {@link JvmWide} state. Safe for any thread.
 */
final class CacheEntry {
  // Key: lock file. Value: lock among threads, open channel, number of users. Change the name with
  // this layout, since two versions of Embark may run in one JVM.
  private static final ConcurrentMap<String, Object[]> STATES = JvmWide.map("CacheLocks1");
  // Each further round means that another process removed the copy between two locks.
  private static final int MAX_ROUNDS = 10;

  private static final byte[] USED = {'\n'};

  private final Path lockFile;
  private final ReentrantLock threads;
  private final AtomicReference<FileChannel> channel; // open while the copy has users, else null
  private final AtomicInteger users; // written only while holding threads

  @SuppressWarnings("unchecked")
  private CacheEntry(Path lockFile, Object[] state) {
    this.lockFile = lockFile;
    this.threads = (ReentrantLock) state[0];
    this.channel = (AtomicReference<FileChannel>) state[1];
    this.users = (AtomicInteger) state[2];
  }

  static CacheEntry of(Path lockFile) {
    Path file = lockFile.toAbsolutePath().normalize();
    return new CacheEntry(
        file,
        STATES.computeIfAbsent(
            file.toString(),
            name ->
                new Object[] {
                  new ReentrantLock(), new AtomicReference<FileChannel>(), new AtomicInteger()
                }));
  }

  /** Checks whether the copy exists and is intact. */
  interface Check {
    boolean isGood() throws IOException;
  }

  /** Creates or removes the copy under the exclusive lock. */
  interface Make {
    void run() throws IOException;
  }

  /** Adds a user of the copy, which is created first if it is missing or damaged. */
  void use(Check check, Make make) throws IOException {
    lockThreads();
    try {
      if (users.get() == 0) {
        FileChannel opened = open();
        try {
          lockGood(opened, check, make);
          // Touches the lock file through this channel, since setting its time would open and close
          // another one.
          opened.write(ByteBuffer.wrap(USED), 0);
        } catch (IOException | RuntimeException | Error e) {
          opened.close();
          throw e;
        }
        channel.set(opened);
      }
      users.incrementAndGet();
    } catch (FileLockInterruptionException e) {
      throw new InterruptedIOException("interrupted while another process fetched the model");
    } finally {
      threads.unlock();
    }
  }

  private static void lockGood(FileChannel channel, Check check, Make make) throws IOException {
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
        "other processes remove it as fast as it is fetched; increase spark.embark.cacheSize");
  }

  /** Removes a user. */
  void release() {
    threads.lock();
    try {
      if (users.decrementAndGet() == 0) {
        channel.getAndSet(null).close();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } finally {
      threads.unlock();
    }
  }

  /** Removes the copy unless it is in use; true if it was removed. */
  boolean removeIfUnused(Make remove) throws IOException {
    // The current thread holds the lock if it is about to create this very copy.
    if (threads.isHeldByCurrentThread() || !threads.tryLock()) {
      return false;
    }
    try {
      if (users.get() > 0) {
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
