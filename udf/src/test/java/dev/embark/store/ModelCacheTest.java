package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.Sha256;
import dev.embark.engine.WeightsCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCacheTest {
  @TempDir Path dir;
  private ModelCache cache;

  @BeforeEach
  void open() throws IOException {
    cache = new ModelCache(dir.resolve("cache"), 1000);
  }

  /** A remote file that counts how often it is copied. */
  private static final class Counted implements RemoteFile {
    final AtomicInteger copies = new AtomicInteger();
    private final String version;
    private final String content;
    private final Optional<String> told;

    Counted(String version, String content, Optional<String> told) {
      this.version = version;
      this.content = content;
      this.told = told;
    }

    static Counted of(String version, int bytes) {
      return new Counted(version, version.repeat(bytes).substring(0, bytes), Optional.empty());
    }

    @Override
    public String version() {
      return version;
    }

    @Override
    public Optional<String> sha256() {
      return told;
    }

    @Override
    public OptionalLong size() {
      return OptionalLong.of(content.length());
    }

    @Override
    public void copyTo(Path partial) throws IOException {
      copies.incrementAndGet();
      Files.writeString(partial, content);
    }
  }

  @Test
  void threadsThatComeTogetherCopyOnce() throws Exception {
    Counted file = Counted.of("a", 100);
    int threads = 8;
    CyclicBarrier together = new CyclicBarrier(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<StoredModel>> opens = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        opens.add(
            () -> {
              together.await();
              return cache.open(file);
            });
      }
      for (Future<StoredModel> opened : executor.invokeAll(opens)) {
        try (StoredModel model = opened.get()) {
          assertThat(model.path()).hasContent("a".repeat(100));
        }
      }
    } finally {
      executor.shutdownNow();
    }
    assertThat(file.copies).hasValue(1);
  }

  @Test
  void aCopyIsForItsOwnerAloneAndSoIsTheDirectory() throws IOException {
    try (StoredModel model = cache.open(Counted.of("a", 10))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("cache"))))
          .isEqualTo("rwx------");
      assertThat(model.path()).hasParent(dir.resolve("cache"));
    }
  }

  @Test
  void aDirectoryThatOthersCanWriteToIsRefused() throws IOException {
    Path open = Files.createDirectory(dir.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> new ModelCache(open, 1000))
        .hasMessageContaining(open.toString())
        .hasMessageContaining("rwxrwxrwx")
        .hasMessageContaining("spark.embark.cacheDir");
  }

  @Test
  void aCopyThatChangedIsFetchedAnew() throws IOException {
    Counted file = Counted.of("a", 100);
    Path path = copyOf(file);
    Files.writeString(path, "damaged");
    try (StoredModel model = cache.open(file)) {
      assertThat(model.path()).hasContent("a".repeat(100));
      assertThat(model.sha256()).isEqualTo(Sha256.of("a".repeat(100)));
    }
    assertThat(file.copies).hasValue(2);
  }

  @Test
  void aCopyThatWasOnlyTouchedIsHashedAndKept() throws IOException {
    Counted file = Counted.of("a", 100);
    Path path = copyOf(file);
    Files.setLastModifiedTime(path, FileTime.fromMillis(1_000_000));
    copyOf(file);
    assertThat(file.copies).hasValue(1);
  }

  @Test
  void aCopyWhoseRecordIsGoneIsFetchedAnew() throws IOException {
    Counted file = Counted.of("a", 100);
    Path path = copyOf(file);
    Files.writeString(path.resolveSibling(path.getFileName() + ".sha256"), "nonsense");
    copyOf(file);
    assertThat(file.copies).hasValue(2);
  }

  @Test
  void anotherContentThanWasToldIsRefusedWithBothHashesAndLeavesNothing() throws IOException {
    Counted file = new Counted("v", "abc", Optional.of("0".repeat(64)));
    assertThatThrownBy(() -> cache.open(file))
        .hasMessageContaining("0".repeat(64))
        .hasMessageContaining("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    try (var files = Files.list(dir.resolve("cache"))) {
      assertThat(files.map(f -> f.toString())).allMatch(f -> f.endsWith(".lock"));
    }
  }

  @Test
  void theCopyUnusedForLongestGoesFirst() throws IOException {
    Path a = copyOf(Counted.of("a", 400));
    Path b = copyOf(Counted.of("b", 400));
    used(a, 3);
    used(b, 2);
    Path c = copyOf(Counted.of("c", 400));
    assertThat(a).exists();
    assertThat(b).doesNotExist();
    assertThat(c).exists();
  }

  @Test
  void aCopyInUseStaysAlsoWhenTheCacheGrowsBeyondItsSize() throws IOException {
    try (StoredModel a = cache.open(Counted.of("a", 900))) {
      Path b = copyOf(Counted.of("b", 900));
      assertThat(a.path()).hasContent("a".repeat(900));
      assertThat(b).exists();
    }
    Path c = copyOf(Counted.of("c", 900));
    assertThat(c.resolveSibling("x").getParent()).isDirectory();
    try (var files = Files.list(dir.resolve("cache"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".gguf"))).containsExactly(c);
    }
  }

  @Test
  void whatIsLeftOfADownloadThatWasGivenUpMakesWayToo() throws IOException {
    RemoteFile cutOff =
        new RemoteFile() {
          @Override
          public String version() {
            return "cut off";
          }

          @Override
          public Optional<String> sha256() {
            return Optional.empty();
          }

          @Override
          public OptionalLong size() {
            return OptionalLong.of(900);
          }

          @Override
          public void copyTo(Path partial) throws IOException {
            Files.writeString(partial, "x".repeat(800));
            throw new IOException("cut off");
          }
        };
    assertThatThrownBy(() -> cache.open(cutOff)).hasMessage("cut off");
    assertThatThrownBy(() -> cache.open(cutOff)).hasMessage("cut off"); // its own does not count
    assertThat(partials()).isEqualTo(1);
    copyOf(Counted.of("a", 400));
    assertThat(partials()).isZero();
  }

  private long partials() throws IOException {
    try (var files = Files.list(dir.resolve("cache"))) {
      return files.filter(f -> f.toString().endsWith(".part")).count();
    }
  }

  @Test
  void aFileLargerThanTheCacheIsRefusedBeforeItIsCopied() {
    Counted file = Counted.of("a", 1001);
    assertThatThrownBy(() -> cache.open(file))
        .hasMessageContaining("1001 bytes")
        .hasMessageContaining("spark.embark.cacheSize is 1000 bytes");
    assertThat(file.copies).hasValue(0);
  }

  @Test
  void aCopyClosedTwiceIsReleasedOnce() throws IOException {
    Counted a = Counted.of("a", 900);
    StoredModel first = cache.open(a);
    try (StoredModel second = cache.open(a)) {
      first.close();
      first.close();
      copyOf(Counted.of("b", 900));
      assertThat(second.path()).exists();
    }
  }

  @Test
  void aMountedFileIsCopiedAndRefusedWhenItChangesMeanwhile() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "first");
    try (StoredModel copy = cache.open(MountedFile.of(file))) {
      assertThat(copy.path()).isNotEqualTo(file).hasContent("first");
    }
    MountedFile before = MountedFile.of(file);
    Files.writeString(file, "second");
    assertThatThrownBy(() -> before.copyTo(dir.resolve("partial")))
        .hasMessageContaining("it changed while it was copied");
    assertThat(MountedFile.isMounted(Path.of("/Volumes/c/s/v/m.gguf"))).isTrue();
    assertThat(MountedFile.isMounted(Path.of("/data/Volumes/m.gguf"))).isFalse();
  }

  @Test
  void weightsArePackedOnceAndGoAsModelsDo() throws IOException {
    AtomicInteger packings = new AtomicInteger();
    WeightsCache.Packing packing =
        file -> {
          packings.incrementAndGet();
          Files.writeString(file, "w".repeat(400));
        };
    for (int i = 0; i < 2; i++) {
      try (StoredModel weights = cache.weights("a-packed", 500, packing)) {
        assertThat(weights.path()).hasContent("w".repeat(400));
        copyOf(Counted.of("b", 900)); // makes the cache grow, as the weights are in use
        assertThat(weights.path()).exists();
      }
    }
    assertThat(packings).hasValue(1);

    copyOf(Counted.of("c", 900));
    try (var files = Files.list(dir.resolve("cache"))) {
      assertThat(files.filter(f -> f.toString().contains(".weights"))).isEmpty();
    }
  }

  private Path copyOf(RemoteFile file) throws IOException {
    try (StoredModel model = cache.open(file)) {
      return model.path();
    }
  }

  /** Sets a copy's last use, in seconds since 1970. */
  private static void used(Path copy, int second) throws IOException {
    String name = copy.getFileName().toString().replace(".gguf", ".lock");
    Files.setLastModifiedTime(copy.resolveSibling(name), FileTime.fromMillis(second * 1000L));
  }
}
