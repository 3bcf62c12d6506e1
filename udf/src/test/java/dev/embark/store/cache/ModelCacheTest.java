package dev.embark.store.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.model.Sha256;
import dev.embark.llama.WeightsCache;
import dev.embark.store.ModelPlaces;
import dev.embark.store.ModelStore;
import dev.embark.store.StoreSettings;
import dev.embark.store.file.LocalFile;
import dev.embark.store.file.RemoteFile;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    private final Optional<String> provided;

    Counted(String version, String content, Optional<String> provided) {
      this.version = version;
      this.content = content;
      this.provided = provided;
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
      return provided;
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
  void concurrentThreadsCopyOnce() throws Exception {
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
  void copyAndDirectoryArePrivateToTheirOwner() throws IOException {
    try (StoredModel model = cache.open(Counted.of("a", 10))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("cache"))))
          .isEqualTo("rwx------");
      assertThat(model.path()).hasParent(dir.resolve("cache"));
    }
  }

  @Test
  void refusesADirectoryThatOthersCanWrite() throws IOException {
    Path open = shared("rwxrwxrwx", false);
    assertThatThrownBy(() -> new ModelCache(open, 1000))
        .hasMessageContaining(open.toString())
        .hasMessageContaining("rwxrwxrwx")
        .hasMessageContaining("spark.embark.cacheDir")
        .hasMessageEndingWith("such as a new folder " + open.resolve("embark"));
    assertThat(open).isEmptyDirectory();
    assertThat(copyIn(open.resolve("embark"))).hasParent(open.resolve("embark"));
  }

  /** As Kubernetes mounts a volume with fsGroup (2775), and as /tmp is (1777). */
  @ParameterizedTest
  @CsvSource({"rwxrwxr-x, false", "rwxrwxrwx, true", "rwxrwx---, true"})
  void aSharedDirectoryGetsAPrivateFolder(String permissions, boolean sticky) throws IOException {
    Path shared = shared(permissions, sticky);
    Path copy = copyIn(shared);
    Path own = copy.getParent();

    assertThat(own).hasParent(shared);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
        .isEqualTo("rwx------");
    assertThat(shared.toFile().list()).containsExactly(own.getFileName().toString());

    // As a pod that starts again finds it.
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwx---"));
    assertThat(copyIn(shared)).isEqualTo(copy);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
        .isEqualTo("rwx------");
  }

  @Test
  void aFolderInASharedDirectoryThatIsALinkIsRefused() throws IOException {
    Path shared = shared("rwxrwxr-x", false);
    Path own = copyIn(shared).getParent();
    Path elsewhere = dir.resolve("elsewhere");
    Files.move(own, elsewhere);
    Files.createSymbolicLink(own, elsewhere);
    assertThatThrownBy(() -> new ModelCache(shared, 1000))
        .hasMessageContaining(own + " in the cache directory belongs to another user");
  }

  private Path shared(String permissions, boolean sticky) throws IOException {
    Path shared = Files.createDirectory(dir.toRealPath().resolve("shared"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString(permissions));
    if (sticky) {
      int mode = (int) Files.getAttribute(shared, "unix:mode");
      Files.setAttribute(shared, "unix:mode", (mode & 07777) | 01000);
    }
    return shared;
  }

  private static Path copyIn(Path directory) throws IOException {
    try (StoredModel model = new ModelCache(directory, 1000).open(Counted.of("a", 10))) {
      assertThat(model.path()).hasContent("a".repeat(10));
      return model.path();
    }
  }

  @Test
  void changedCopyIsFetchedAgain() throws IOException {
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
  void touchedCopyIsRehashedAndKept() throws IOException {
    Counted file = Counted.of("a", 100);
    Path path = copyOf(file);
    Files.setLastModifiedTime(path, FileTime.fromMillis(1_000_000));
    copyOf(file);
    assertThat(file.copies).hasValue(1);
  }

  @Test
  void copyWithoutARecordIsFetchedAgain() throws IOException {
    Counted file = Counted.of("a", 100);
    Path path = copyOf(file);
    Files.writeString(path.resolveSibling(path.getFileName() + ".sha256"), "nonsense");
    copyOf(file);
    assertThat(file.copies).hasValue(2);
  }

  @Test
  void hashMismatchIsRefusedWithBothHashesAndLeavesNoFile() throws IOException {
    Counted file = new Counted("v", "abc", Optional.of("0".repeat(64)));
    assertThatThrownBy(() -> cache.open(file))
        .hasMessageContaining("0".repeat(64))
        .hasMessageContaining("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    try (var files = Files.list(dir.resolve("cache"))) {
      assertThat(files.map(f -> f.toString())).allMatch(f -> f.endsWith(".lock"));
    }
  }

  @Test
  void evictsTheLeastRecentlyUsedCopyFirst() throws IOException {
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
  void neverEvictsACopyInUse() throws IOException {
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
  void evictsAbandonedPartialCopies() throws IOException {
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
    assertThatThrownBy(() -> cache.open(cutOff))
        .hasMessage("cut off"); // its own partial copy is not evicted
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
  void refusesAFileLargerThanTheCacheBeforeCopying() {
    Counted file = Counted.of("a", 1001);
    assertThatThrownBy(() -> cache.open(file))
        .hasMessageContaining("1001 bytes")
        .hasMessageContaining("spark.embark.cacheSize is 1000 bytes");
    assertThat(file.copies).hasValue(0);
  }

  @Test
  void closingACopyIsIdempotent() throws IOException {
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
  void refusesALocalFileThatChangesWhileCopied() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "first");
    try (StoredModel copy = cache.open(new LocalFile(file))) {
      assertThat(copy.path()).isNotEqualTo(file).hasContent("first");
    }
    Files.writeString(file, "second");
    LocalFile before = new LocalFile(file);
    Files.writeString(file, "third");
    assertThatThrownBy(() -> before.copyTo(dir.resolve("partial")))
        .hasMessageContaining("it changed while it was copied");
    assertThatThrownBy(before::sha256).hasMessageContaining("it changed while it was read");
    assertThat(LocalFile.isMounted(Path.of("/Volumes/c/s/v/m.gguf"))).isTrue();
    assertThat(LocalFile.isMounted(Path.of("/data/Volumes/m.gguf"))).isFalse();
  }

  @Test
  void rehashesALocalFileChangedWithEqualSizeAndTime() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "first");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    assertThat(new LocalFile(file).sha256()).contains(Sha256.of("first"));
    Files.writeString(file, "other");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    assertThat(new LocalFile(file).sha256()).contains(Sha256.of("other"));
    Path replacement = Files.writeString(dir.resolve("new"), "third");
    Files.setLastModifiedTime(replacement, FileTime.fromMillis(1_000_000));
    Files.move(replacement, file, StandardCopyOption.REPLACE_EXISTING);
    assertThat(new LocalFile(file).sha256()).contains(Sha256.of("third"));
  }

  @Test
  void localFilesOfEqualContentShareACopy() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "same");
    Path copy = copyOf(new LocalFile(file));
    assertThat(copyOf(new LocalFile(Files.copy(file, dir.resolve("n.gguf"))))).isEqualTo(copy);
    assertThat(copyOf(new LocalFile(copy))).isEqualTo(copy);
  }

  @Test
  void unusableCacheNamesTheSetting() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "x".repeat(100));
    Path noDirectory = Files.writeString(dir.resolve("file"), "");
    assertThatThrownBy(() -> openLocal(file, dir.resolve("small"), 99, List.of()))
        .hasMessage(
            "The model %s cannot be fetched: it has 100 bytes, but spark.embark.cacheSize is 99"
                    .formatted(file)
                + " bytes, or name the model's directory in spark.embark.inPlace if nobody"
                + " overwrites its files.");
    assertThatThrownBy(() -> openLocal(file, noDirectory, 1000, List.of()))
        .hasMessageContaining("the cache directory " + noDirectory + " cannot be made")
        .hasMessageContaining("set spark.embark.cacheDir to a directory that can be written, or")
        .hasMessageContaining("spark.embark.inPlace");
    assertThat(openLocal(file, noDirectory, 0, List.of(dir.resolve("none"), dir))).isEqualTo(file);
  }

  @Test
  void linkToAFileElsewhereIsNotUsedInPlace() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "x");
    Path images = Files.createDirectory(dir.resolve("images"));
    Path link = Files.createSymbolicLink(images.resolve("m.gguf"), file);
    assertThat(openLocal(link, dir.resolve("cache"), 1000, List.of(images)))
        .hasParent(dir.resolve("cache"))
        .hasContent("x");
  }

  private static Path openLocal(Path file, Path cacheDir, long cacheBytes, List<Path> inPlace) {
    StoreSettings settings = StoreSettings.of(cacheDir, cacheBytes, inPlace, true, Map.of());
    ModelPlaces places = new ModelPlaces(name -> Optional.empty(), new Configuration(false));
    try (StoredModel model =
        new ModelStore(settings).open(file.toString(), Optional.empty(), places)) {
      return model.path();
    }
  }

  /** Uses a copy in a separate class loader; public because it is instantiated by reflection. */
  public static final class User implements Callable<AutoCloseable> {
    private final Path cacheDir;
    private final Path file;

    public User(Path cacheDir, Path file) {
      this.cacheDir = cacheDir;
      this.file = file;
    }

    @Override
    public AutoCloseable call() throws IOException {
      return new ModelCache(cacheDir, 1000).open(new LocalFile(file));
    }
  }

  @Test
  void classLoadersShareACopyUntilTheLastReleasesIt() throws Exception {
    Path file = Files.writeString(dir.resolve("m.gguf"), "x".repeat(900));
    Path copy = copyOf(new LocalFile(file));
    Files.delete(copy);
    try (URLClassLoader one = newLoader();
        URLClassLoader other = newLoader()) {
      AutoCloseable first = inside(one, file);
      AutoCloseable second = inside(other, file);
      assertThat(isLocked(copy)).isTrue();
      first.close();
      copyOf(Counted.of("b", 900));
      assertThat(copy).exists();
      assertThat(isLocked(copy)).isTrue();
      second.close();
      assertThat(isLocked(copy)).isFalse();
      copyOf(Counted.of("c", 900));
      assertThat(copy).doesNotExist();
    }
  }

  private AutoCloseable inside(ClassLoader loader, Path file) throws Exception {
    Class<?> user = loader.loadClass(User.class.getName());
    assertThat(user).isNotSameAs(User.class);
    Object made =
        user.getConstructor(Path.class, Path.class).newInstance(dir.resolve("cache"), file);
    return (AutoCloseable) ((Callable<?>) made).call();
  }

  /** A class loader over this test's class path that shares only JDK classes. */
  private static URLClassLoader newLoader() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (String entry :
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            .split(File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
  }

  /** Whether this process holds an operating system lock on a copy. */
  private static boolean isLocked(Path copy) throws IOException {
    Path lock = copy.resolveSibling(copy.getFileName().toString().replace(".gguf", ".lock"));
    String held =
        " " + ProcessHandle.current().pid() + " .*:" + Files.getAttribute(lock, "unix:ino");
    try (Stream<String> locks = Files.lines(Path.of("/proc/locks"))) {
      return locks.anyMatch(line -> line.matches(".* READ" + held + " .*"));
    }
  }

  @Test
  void weightsArePackedOnceAndEvictedLikeModels() throws IOException {
    AtomicInteger packings = new AtomicInteger();
    WeightsCache.Packing packing =
        file -> {
          packings.incrementAndGet();
          Files.writeString(file, "w".repeat(400));
        };
    for (int i = 0; i < 2; i++) {
      try (StoredModel weights = cache.weights("a-packed", 500, packing)) {
        assertThat(weights.path()).hasContent("w".repeat(400));
        copyOf(Counted.of("b", 900)); // exceeds the limit, since the weights are in use
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

  /** Sets a copy's time of last use, in seconds since 1970. */
  private static void used(Path copy, int second) throws IOException {
    String name = copy.getFileName().toString().replace(".gguf", ".lock");
    Files.setLastModifiedTime(copy.resolveSibling(name), FileTime.fromMillis(second * 1000L));
  }
}
