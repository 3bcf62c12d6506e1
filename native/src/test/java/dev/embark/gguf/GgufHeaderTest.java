package dev.embark.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufHeaderTest {

  @TempDir Path dir;
  private Path file;
  private byte[] good;

  @BeforeEach
  void writeModel() throws IOException {
    file = dir.resolve("model.gguf");
    new GgufWriter()
        .put("general.architecture", GgufValue.string("bert"))
        .put("tokens", GgufValue.array(GgufValueType.STRING, List.of("a", "b")))
        .tensor("w", GgufTensorType.F32, () -> FloatBuffer.allocate(64), 32, 2)
        .writeTo(file);
    good = Files.readAllBytes(file);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<!DOCTYPE html><html>404</html> | web page",
        "  <html lang=en> | web page",
        "version https://git-lfs.github.com/spec/v1 | git lfs pull",
        "'' | empty",
        "hi | text file",
        "model: all-MiniLM-L6-v2 | text file",
      })
  void aFileThatIsNoModelIsNamedByItsKind(String content, String said) throws IOException {
    Files.writeString(file, content);
    assertThatThrownBy(() -> GgufHeader.read(file))
        .isInstanceOf(GgufFormatException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(said);
  }

  @Test
  void otherBinariesAndArchivesAndDirectoriesAreNamed() throws IOException {
    assertThatThrownBy(() -> GgufHeader.read(dir)).hasMessageContaining("directory");
    Files.write(file, new byte[] {8, 7, 18, 7, 112, 121, 116, 111, 114, 99, 104});
    assertThatThrownBy(() -> GgufHeader.read(file)).hasMessageContaining("08 07 12 07");
    Files.write(file, new byte[] {'P', 'K', 3, 4, 0, 0});
    assertThatThrownBy(() -> GgufHeader.read(file)).hasMessageContaining("archive");
    assertThatThrownBy(() -> GgufHeader.read(dir.resolve("none.gguf")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("none.gguf");
  }

  @Test
  void aFileThatMayNotBeReadIsSaidToBeOne() throws IOException {
    Files.setPosixFilePermissions(file, Set.of());
    assumeThat(Files.isReadable(file)).isFalse(); // root may read anything

    assertThatThrownBy(() -> GgufHeader.read(file))
        .isInstanceOf(AccessDeniedException.class)
        .hasMessage(file + ": this process may not read it; give its user permission");
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    // The last tensor fills whole alignment units, so no byte of the file is spare.
    for (int length = 4; length < good.length; length++) {
      Files.write(file, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> GgufHeader.read(file))
          .as("length %d", length)
          .isInstanceOf(GgufFormatException.class)
          .hasMessageContaining("truncated");
    }
  }

  @Test
  void hugeCountsReserveNoMemory() throws IOException {
    for (int countAt : new int[] {8, 16, 24}) {
      byte[] bad = good.clone();
      ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putLong(countAt, Long.MAX_VALUE / 2);
      Files.write(file, bad);
      assertThatThrownBy(() -> GgufHeader.read(file)).isInstanceOf(GgufFormatException.class);
    }
  }

  @Test
  void noDamageGivesAnythingButAFormatException() throws IOException {
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      byte[] bad = good.clone();
      bad[4 + random.nextInt(180)] = (byte) random.nextInt(256);
      Files.write(file, bad);
      try {
        assertThat(GgufHeader.read(file).tensors()).hasSizeLessThanOrEqualTo(1);
      } catch (GgufFormatException e) {
        refused++;
        assertThat(e).hasMessageStartingWith(file.toString());
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void otherVersionsAndEndiannessAreNamed() throws IOException {
    byte[] bad = good.clone();
    bad[4] = 1;
    Files.write(file, bad);
    assertThatThrownBy(() -> GgufHeader.read(file)).hasMessageContaining("version 1");
    bad[4] = 0;
    bad[7] = 3;
    Files.write(file, bad);
    assertThatThrownBy(() -> GgufHeader.read(file)).hasMessageContaining("big-endian");
  }
}
