package dev.embark.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DeepStackTest {

  @Test
  void workHasTheStackThatItWasPromised() {
    assertThat(DeepStack.call(256L << 20, () -> depth(1_000_000))).isEqualTo(1_000_000);
  }

  @Test
  void exceptionsOfTheWorkAreRethrown() {
    IllegalArgumentException thrown = new IllegalArgumentException("by the work");
    assertThatThrownBy(
            () ->
                DeepStack.call(
                    1 << 20,
                    () -> {
                      throw thrown;
                    }))
        .isSameAs(thrown);
  }

  @Test
  void anInterruptWaitsForTheWorkAndIsKept() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    Thread.currentThread().interrupt();
    int result =
        DeepStack.call(
            1 << 20,
            () -> {
              try {
                return interrupted.await(50, TimeUnit.MILLISECONDS) ? 1 : 2;
              } catch (InterruptedException e) {
                return 3;
              }
            });
    assertThat(result).isEqualTo(2);
    assertThat(Thread.interrupted()).isTrue();
  }

  private static int depth(int n) {
    return n == 0 ? 0 : 1 + depth(n - 1);
  }
}
