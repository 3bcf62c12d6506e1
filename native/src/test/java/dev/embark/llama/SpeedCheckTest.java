package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpeedCheckTest {
  private static final String FAST = "AVX2 int16";
  private static final List<String> ZEN =
      List.of(
          "processor\t: 0",
          "vendor_id\t: AuthenticAMD",
          "cpu family\t: 23",
          "model\t\t: 49",
          "model name\t: AMD EPYC 7R32",
          "stepping\t: 0");

  @TempDir Path dir;
  private final AtomicInteger measured = new AtomicInteger();

  private boolean isFastSlower(SpeedCheck check, double ratio) {
    return check.isFastSlower(
        FAST,
        () -> {
          measured.incrementAndGet();
          return ratio;
        });
  }

  @Test
  void eachTypeOfCpuIsMeasuredOnce() {
    SpeedCheck zen = new SpeedCheck(dir, ZEN);
    SpeedCheck other = new SpeedCheck(dir, List.of("vendor_id\t: GenuineIntel"));

    assertThat(isFastSlower(zen, 1.3)).isTrue();
    assertThat(isFastSlower(zen, 0.5)).isTrue();
    assertThat(measured).hasValue(1);
    assertThat(isFastSlower(other, 0.5)).isFalse();
    assertThat(measured).hasValue(2);
    assertThat(zen.file(FAST)).exists().hasFileName("speed-AuthenticAMD-23-49-0-AVX2_int16");
    assertThat(dir).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void onlyAClearResultOverrulesTheRule() {
    assertThat(isFastSlower(new SpeedCheck(dir, ZEN), 1.15)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "fast", "0", "-1", "NaN"})
  void aDamagedFileIsMeasuredAgain(String content) throws IOException {
    SpeedCheck check = new SpeedCheck(dir, ZEN);
    Files.writeString(check.file(FAST), content);

    assertThat(isFastSlower(check, 1.3)).isTrue();
    assertThat(measured).hasValue(1);
    assertThat(Files.readString(check.file(FAST))).isEqualTo("1.3");
  }

  @Test
  void withoutAPlaceForTheFileEachProcessMeasures() {
    SpeedCheck check = new SpeedCheck(dir.resolve("none"), ZEN);

    assertThat(isFastSlower(check, 1.3)).isTrue();
    assertThat(isFastSlower(check, 0.9)).isFalse();
  }

  @Test
  void thisMachineHasAType() {
    assertThat(SpeedCheck.in(dir).file(FAST).getFileName().toString()).startsWith("speed-");
  }
}
