package dev.embark.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import org.junit.jupiter.api.Test;

class FailuresTest {
  @Test
  void aUsersErrorHidesWhatCausedIt() {
    Exception thrown =
        new RuntimeException(
            "outer", new UserError("choose another", new RuntimeException("deep")));

    assertThat(Failures.sentence(thrown)).isEqualTo("choose another");
  }

  @Test
  void theSentenceOfAnEngineErrorOmitsItsCauses() {
    Exception thrown =
        new RuntimeException(
            "outer",
            new EmbarkException(
                Kind.MODEL, "no model at /m.gguf", new RuntimeException("no such file")));

    assertThat(Failures.sentence(thrown)).isEqualTo("no model at /m.gguf");
  }

  @Test
  void plansAndStatesOfSparkAreCutOff() {
    Exception thrown =
        new RuntimeException(
            "\n[NO_TABLE] There is no t. SQLSTATE: 42P01; line 1 pos 14;\n'Project");

    assertThat(Failures.sentence(thrown)).isEqualTo("[NO_TABLE] There is no t (line 1, pos 14)");
  }

  @Test
  void anExceptionWithoutMessageIsNamed() {
    assertThat(Failures.sentence(new IllegalStateException())).isEqualTo("IllegalStateException");
  }

  @Test
  void aCauseThatIsItsOwnCauseEnds() {
    Exception a = new RuntimeException("a");
    Exception b = new RuntimeException("b", a);
    a.initCause(b);

    assertThat(Failures.sentence(a)).isEqualTo("b");
  }
}
