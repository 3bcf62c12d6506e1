package dev.embark.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.Captured;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class CliTest {
  private final Captured captured = new Captured(false);

  @Command(name = "failing")
  private static final class Failing implements Callable<Integer> {
    private final Exception failure;

    @Option(names = "--verbose")
    @SuppressWarnings("unused") // picocli sets it
    private boolean verbose;

    Failing(Exception failure) {
      this.failure = failure;
    }

    @Override
    public Integer call() throws Exception {
      throw failure;
    }
  }

  private int fail(Exception failure, String... arguments) {
    return Cli.of(new Failing(failure), captured.terminal()).execute(arguments);
  }

  @Test
  void aUsersErrorIsOneSentence() {
    assertThat(fail(new UserError("There is nothing at x"))).isEqualTo(1);
    assertThat(captured.err().lines()).containsExactly("failing: There is nothing at x");
    assertThat(captured.out()).isEmpty();
  }

  @Test
  void anUnexpectedFailurePrintsItsInnermostCauseWithoutStackTrace() {
    Exception failure =
        new IllegalStateException(
            "Job aborted:\n\tat a.b.C", new IllegalArgumentException("the disk is full\n\tat x"));

    assertThat(fail(failure)).isEqualTo(1);
    assertThat(captured.err().lines())
        .containsExactly(
            "failing: the disk is full", "Run it again with --verbose to see where it failed.");
  }

  @Command(name = "plain")
  private static final class WithoutVerbose implements Callable<Integer> {
    @Override
    public Integer call() {
      throw new IllegalStateException("the disk is full");
    }
  }

  @Test
  void anUnexpectedFailureOfACommandWithoutVerboseShowsTheStackTrace() {
    assertThat(Cli.of(new WithoutVerbose(), captured.terminal()).execute()).isEqualTo(1);
    assertThat(captured.err())
        .startsWith("plain: the disk is full")
        .contains("\tat dev.embark.job.cli.CliTest")
        .doesNotContain("--verbose");
  }

  @Test
  void verboseShowsTheStackTrace() {
    assertThat(fail(new UserError("There is nothing at x"), "--verbose")).isEqualTo(1);
    assertThat(captured.err()).contains("\tat dev.embark.job.cli.CliTest");
  }
}
