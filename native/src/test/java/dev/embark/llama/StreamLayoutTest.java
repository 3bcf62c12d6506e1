package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamLayoutTest {
  @ParameterizedTest
  @CsvSource({
    "4096, 100, 8192, 16, 16, 256",
    "4096, 257, 8192, 16, 8, 512",
    "4096, 600, 8192, 16, 5, 768",
    "4096, 4096, 8192, 16, 1, 4096",
    "4096, 100, 8192, 4, 4, 1024",
    "4096, 100, 300, 4, 4, 512",
    "4096, 100, 8192, 17, 16, 256",
    "20, 20, 8192, 16, 1, 256",
    "2147483647, 40, 2048, 1, 1, 2048"
  })
  void asManyStreamsAsThereIsRoomForShareTheCells(
      int total, int longest, int longestEver, int wanted, int streams, int cells) {
    assertThat(StreamLayout.of(total, longest, longestEver, wanted))
        .isEqualTo(new StreamLayout(streams, cells));
  }

  @Test
  void everyRowFitsAndNoContextIsLargerThanItMayBe() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      int total = 2 + random.nextInt(20_000);
      int longestEver = 1 + random.nextInt(total);
      int longest = 1 + random.nextInt(longestEver);
      int wanted = 1 + random.nextInt(256);
      StreamLayout layout = StreamLayout.of(total, longest, longestEver, wanted);
      assertThat(layout.cells()).isGreaterThanOrEqualTo(longest);
      assertThat(layout.cells() % 256).as("what llama.cpp would round up").isZero();
      assertThat(layout.streams()).isBetween(1, wanted);
      assertThat((long) layout.streams() * layout.cells())
          .isLessThanOrEqualTo(StreamLayout.rounded(total));
    }
  }
}
