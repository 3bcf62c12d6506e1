package dev.embark.store.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedWorkTest {
  private final SharedWork<String, Object> work = new SharedWork<>();
  private final CountDownLatch computing = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  @Test
  void aThreadThatIsInterruptedFailsAloneAndOneOfThoseThatWaitTakesOver() throws Exception {
    AtomicInteger computed = new AtomicInteger();
    Asking first = asking(this::untilGoOn);
    computing.await();
    Asking second = asking(computed::incrementAndGet);
    Asking third = asking(computed::incrementAndGet);
    second.waits();
    third.waits();

    first.thread().interrupt();

    assertThatThrownBy(first.result()::get).hasRootCauseInstanceOf(InterruptedException.class);
    assertThat(second.result().get()).isEqualTo(1);
    assertThat(third.result().get()).isEqualTo(1);
    assertThat(work.get("key", () -> "computed again")).isEqualTo(1);
  }

  @Test
  void aReadThatAnInterruptClosedIsTakenOverToo() throws Exception {
    Asking first =
        asking(
            () -> {
              untilGoOn();
              throw new IOException("not read", new ClosedByInterruptException());
            });
    computing.await();
    Asking second = asking(() -> "second");
    second.waits();
    goOn.countDown();

    assertThatThrownBy(first.result()::get).hasRootCauseMessage(null);
    assertThat(second.result().get()).isEqualTo("second");
  }

  @Test
  void aFailureIsOfAllThatWaitAndOfNobodyLater() throws Exception {
    Asking first =
        asking(
            () -> {
              untilGoOn();
              throw new IOException("no such file");
            });
    computing.await();
    Asking second = asking(() -> "second");
    second.waits();
    goOn.countDown();

    assertThatThrownBy(first.result()::get).hasRootCauseMessage("no such file");
    assertThatThrownBy(second.result()::get).hasRootCauseMessage("no such file");
    assertThat(work.size()).isZero();
    assertThat(work.get("key", () -> "third")).isEqualTo("third");
  }

  @Test
  void whoWaitsAndIsInterruptedLeavesTheOthersAlone() throws Exception {
    Asking first = asking(this::untilGoOn);
    computing.await();
    Asking second = asking(() -> "second");
    second.waits();

    second.thread().interrupt();

    assertThatThrownBy(second.result()::get).hasRootCauseInstanceOf(InterruptedException.class);
    goOn.countDown();
    assertThat(first.result().get()).isEqualTo("done");
  }

  @Test
  void onlyTheResultThatIsNamedIsForgotten() throws ExecutionException, InterruptedException {
    Object old = work.get("key", Object::new);
    work.remove("key", old);
    Object now = work.get("key", Object::new);
    assertThat(now).isNotSameAs(old);

    work.remove("key", old);

    assertThat(work.get("key", Object::new)).isSameAs(now);
  }

  private Object untilGoOn() throws InterruptedException {
    computing.countDown();
    goOn.await();
    return "done";
  }

  private record Asking(Thread thread, FutureTask<Object> result) {
    /** Returns once it waits for another thread's result. */
    void waits() {
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }
  }

  private Asking asking(Callable<Object> compute) {
    FutureTask<Object> result = new FutureTask<>(() -> work.get("key", compute));
    Thread thread = new Thread(result);
    thread.start();
    return new Asking(thread, result);
  }
}
