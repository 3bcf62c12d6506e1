package dev.embark.job.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.LocalSpark;
import dev.embark.job.SmallDisk;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLeaseTest {
  private static final Duration SOON = Duration.ofMillis(200);
  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final int STARTS = 8;
  private static final int ROUNDS = 5;

  @TempDir private Path folder;

  private final List<String> warnings = new ArrayList<>();
  private StateFolder state;

  @BeforeEach
  void open() {
    state = new StateFolder(LocalSpark.session(), folder.toString());
  }

  private RunLease take(Duration beat, Duration patience) {
    return RunLease.take(state, beat, patience, warnings::add);
  }

  @Test
  void aSecondRunIsRefusedWhileTheFirstIsAlive() {
    try (RunLease first = take(SOON, LONG)) {
      assertThatThrownBy(() -> take(SOON, LONG))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("is writing to " + state.output())
          .hasMessageContaining(System.getProperty("user.name"))
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      first.confirm();
    }
  }

  @Test
  void theLeaseOfAKilledRunIsTakenOverOnceItExpires() {
    RunLease killed = take(NEVER, SHORT);

    try (RunLease next = take(NEVER, SHORT)) {
      assertThat(warnings).singleElement().asString().contains("has not ended", "waiting");
      next.confirm();
    }
    assertThat(folder).isEmptyDirectory();
    killed.close();
  }

  @Test
  void aLeaseFileThatWasPartlyWrittenIsTakenOver() throws IOException {
    Files.writeString(Files.createDirectory(folder.resolve("_embark")).resolve("lock.json"), "{");

    try (RunLease next = take(NEVER, SHORT)) {
      next.confirm();
    }
    assertThat(warnings).singleElement().asString().contains("a process that is not known");
  }

  @Test
  void aSuspendedRunDetectsThatItLostTheLease() {
    try (RunLease paused = take(NEVER, SHORT);
        RunLease next = take(SOON, SHORT)) {
      assertThatThrownBy(paused::confirm)
          .isInstanceOf(UserError.class)
          .hasMessageContaining("Another run took over")
          .hasMessageContaining("no row is written twice");
      assertThat(paused.isHeld()).isFalse();

      paused.close();

      next.confirm();
      assertThat(next.isHeld()).isTrue();
    }
  }

  @Test
  void aBeatThatFailedHalfWayIsMadeGoodByTheNext() throws Exception {
    SmallDisk.withRoomFor(Long.MAX_VALUE);
    state = new StateFolder(LocalSpark.session(), "small:" + folder);
    try (RunLease lock = take(SOON, SHORT)) {
      SmallDisk.withRoomFor(0);
      Path file = folder.resolve("_embark/lock.json");
      await(() -> Files.size(file) == 0);

      lock.confirm();

      SmallDisk.withRoomFor(Long.MAX_VALUE);
      await(() -> Files.size(file) > 0);
      lock.confirm();
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + LONG.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(10);
    }
  }

  @RepeatedTest(10)
  void oneThatEndsInTheMeantimeMakesRoomAtOnce() throws InterruptedException {
    RunLease first = take(NEVER, LONG);
    Thread end = new Thread(first::close);
    RunLease[] next = new RunLease[1];
    Thread waiting = new Thread(() -> next[0] = take(NEVER, LONG));
    waiting.start();
    end.start();
    end.join();
    waiting.join();

    try (RunLease taken = next[0]) {
      assertThatCode(taken::confirm).doesNotThrowAnyException();
    }
  }

  @Test
  void ofSeveralThatStartAtOnceOneWins() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(STARTS);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        CyclicBarrier barrier = new CyclicBarrier(STARTS);
        List<Future<RunLease>> starts = new ArrayList<>();
        for (int start = 0; start < STARTS; start++) {
          starts.add(
              threads.submit(
                  () -> {
                    barrier.await();
                    return RunLease.take(state, SOON, LONG, text -> {});
                  }));
        }
        List<RunLease> taken = new ArrayList<>();
        for (Future<RunLease> start : starts) {
          try {
            taken.add(start.get());
          } catch (ExecutionException e) {
            assertThat(e).cause().isInstanceOf(UserError.class).hasMessageContaining("Another run");
          }
        }
        assertThat(taken).hasSize(1);
        taken.get(0).confirm();
        taken.get(0).close();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(folder).isEmptyDirectory();
  }

  /** A contender read the log before its holder, which had nothing to keep, removed it. */
  @Test
  void aVersionThatFollowsARemovedOneIsNoLease() throws IOException {
    StateLog log = state.log();
    RunLease holder = take(NEVER, SHORT);
    long base = log.newest().number();
    holder.close();

    assertThat(log.append(base + 1, StateLog.Content.of(null, Manifest.EMPTY))).isTrue();

    assertThat(log.follows(base + 1, base)).isFalse();
    assertThat(log.append(base + 1, StateLog.Content.of(null, Manifest.EMPTY))).isFalse();
  }

  @Test
  void aFileSystemThatCannotCreateExclusivelyIsNamed() throws IOException {
    Configuration conf = new Configuration(false);
    try (FileSystem unknown = new FilterFileSystem(new LocalFileSystem())) {
      unknown.initialize(URI.create("file:///"), conf);
      assertThat(ExclusiveFile.isAtomic(unknown, new org.apache.hadoop.fs.Path("/"))).isFalse();
    }
    assertThat(ExclusiveFile.isAtomic(state.plainFiles(), new org.apache.hadoop.fs.Path("/")))
        .isTrue();
  }

  @Test
  void anOutputThatCannotBeLockedIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    StateFolder none = new StateFolder(LocalSpark.session(), file.toString());

    assertThatThrownBy(() -> RunLease.take(none, warnings::add))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Cannot lock " + none.output());
    assertThat(file).hasContent("no folder");
  }
}
