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
 * The lock of one copy: shared while any process uses it, exclusive while one writes or removes it.
 *
 * <p>There is one open channel for each lock file and JVM: the system counts locks by process, and
 * closing any channel of a file gives up all locks that the process has on it. So the threads of
 * all class loaders agree first, by state that is {@link JvmWide}. Safe for any thread.
 */
final class CacheEntry {
  // By lock file: the lock of the threads, the open channel, the number of users. The name changes
  // with that layout, as two versions of Embark may run in one JVM.
  private static final ConcurrentMap<String, Object[]> STATES = JvmWide.map("CacheLocks1");
  // Each round lost means that another process removed the copy between two locks.
  private static final int MAX_ROUNDS = 10;

  private static final byte[] USED = {'\n'};

  private final Path lockFile;
  private final ReentrantLock threads;
  private final AtomicReference<FileChannel> channel; // of the users; null without any
  private final AtomicInteger users; // written by the thread that holds the lock

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
      if (users.get() == 0) {
        FileChannel opened = open();
        try {
          lockGood(opened, check, make);
          // Through this channel, as setting the file's time would open and close another.
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
        "it is removed as fast as it is fetched; make spark.embark.cacheSize larger");
  }

  /** Counts one user less. */
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

  /** Removes the copy, unless anybody uses it. */
  boolean removeIfUnused(Make remove) throws IOException {
    // Whoever holds it already is about to make this very copy.
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
