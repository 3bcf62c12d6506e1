package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void aPersonSeesOneLineDrawnOverAndCleared() {
    Captured captured = new Captured(true);
    try (Progress progress =
        new Progress(
            () -> new Progress.Tasks(3, 8),
            () -> new Totals(1234, 5678, 0, 0, 0),
            captured.terminal())) {
      progress.show();
    }

    assertThat(captured.err()).contains("3 of 8 tasks, 1,234 rows, ").doesNotContain("\n");
    assertThat(captured.err()).endsWith("\r\u001b[2K");
  }

  @Test
  void aLogGetsALineForEachChangeAndNoControlCharacters() {
    Captured captured = new Captured(false);
    int[] done = {0};
    try (Progress progress =
        new Progress(
            () -> new Progress.Tasks(done[0], 8),
            () -> new Totals(0, 0, 0, 0, 0),
            captured.terminal())) {
      progress.show();
      progress.show();
      done[0] = 1;
      progress.show();
    }

    assertThat(captured.err().lines()).containsExactly("0 of 8 tasks", "1 of 8 tasks");
  }
}
