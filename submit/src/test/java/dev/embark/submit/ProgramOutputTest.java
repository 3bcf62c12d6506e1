package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramOutputTest {
  private static String passed(String output) throws IOException {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    ProgramOutput.pass(new ByteArrayInputStream(output.getBytes(StandardCharsets.UTF_8)), to);
    return to.toString(StandardCharsets.UTF_8);
  }

  @Test
  void onlyTheFirstLineOfIvyIsLeftOut() throws IOException {
    assertThat(passed(":: loading settings :: file = a.xml\n{\"a\":1}\n:: loading settings\n"))
        .isEqualTo("{\"a\":1}\n:: loading settings\n");
    assertThat(passed(":: loading settings")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", ":: loading", "{\"a\":\"é\"}\n", "\n:: loading settings"})
  void allElseIsPassedOn(String output) throws IOException {
    assertThat(passed(output)).isEqualTo(output);
  }

  @Test
  void aProgramWhoseOutputNobodyReadsNotices() {
    AtomicBoolean isClosed = new AtomicBoolean();
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'a';
          }

          @Override
          public void close() {
            isClosed.set(true);
          }
        };
    OutputStream closedPipe =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };

    assertThatThrownBy(() -> ProgramOutput.pass(endless, closedPipe)).hasMessage("Broken pipe");
    assertThat(isClosed).isTrue();
  }
}
