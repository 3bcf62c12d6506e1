package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GlossesTest {

  @TempDir Path dict;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(
        dict.resolve("data.adj"),
        "  1 This software and database | is being provided to you  \n"
            + "00001740 00 a 01 able 0 001 = 05207437 n 0000 | having the power; \"able to swim\"  \n"
            + "00002098 00 a 01 unable 0 000 | not having the power | or the will\n");
    Files.writeString(dict.resolve("data.adv"), "00001740 02 r 01 a_cappella 0 000 | \n");
    Files.writeString(
        dict.resolve("data.noun"),
        "00001740 03 n 01 entity 0 000 | größer als 1 kg  \n"
            + "00001930 03 n 01 thing 0 000 | not having the power | or the will\n");
    Files.writeString(dict.resolve("data.verb"), "00001740 29 v 01 breathe 0 000\n");
  }

  @Test
  void theGlossIsWhatFollowsTheFirstBar() {
    assertThat(Glosses.parse("00001740 03 n 01 entity 0 003 ~ 00001930 n 0000 | that which is  "))
        .contains("that which is");
    assertThat(Glosses.parse("00001740 03 n 01 x 0 000 | a | b")).contains("a | b");
  }

  @Test
  void linesWithoutAGlossHaveNone() {
    assertThat(Glosses.parse("")).isEmpty();
    assertThat(Glosses.parse("  1 This software | and database")).isEmpty();
    assertThat(Glosses.parse("00001740 29 v 01 breathe 0 000")).isEmpty();
    assertThat(Glosses.parse("00001740 29 v 01 breathe 0 000 |  ")).isEmpty();
  }

  @Test
  void differentGlossesOfAllFilesAreTakenInTheSameOrderEachTime() throws IOException {
    List<String> glosses = Glosses.read(dict, 3);

    assertThat(glosses)
        .containsExactlyInAnyOrder(
            "having the power; \"able to swim\"",
            "not having the power | or the will",
            "größer als 1 kg");
    assertThat(Glosses.read(dict, 3)).isEqualTo(glosses);
    assertThat(Glosses.read(dict, 2)).isEqualTo(glosses.subList(0, 2));
  }

  @Test
  void moreGlossesThanThereAreIsAnError() {
    assertThatThrownBy(() -> Glosses.read(dict, 4))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("3 different glosses and 4");
  }
}
