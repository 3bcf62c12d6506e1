package dev.embark.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileTypeTest {
  private static GgufHeader header(Map<String, GgufValue> metadata) {
    return new GgufHeader(3, metadata, List.of(), 0);
  }

  private static GgufHeader numbered(long number) {
    return header(Map.of("general.file_type", GgufValue.uint32(number)));
  }

  @ParameterizedTest
  @CsvSource({
    "0, F32",
    "1, F16",
    "3, Q4_1",
    "7, Q8_0",
    "8, Q5_0",
    "10, Q2_K",
    "15, Q4_K_M",
    "17, Q5_K_M",
    "18, Q6_K",
    "19, IQ2_XXS",
    "25, IQ4_NL",
    "30, IQ4_XS",
    "31, IQ1_M",
    "32, BF16",
    "36, TQ1_0",
    "38, MXFP4"
  })
  void aNumberHasTheNameOfLlamaCpp(long number, String name) {
    assertThat(FileType.name(numbered(number))).contains(name);
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 6, 33, 39, 1024, 0xFFFFFFFFL})
  void aWithdrawnOrUnknownNumberHasNone(long number) {
    assertThat(FileType.name(numbered(number))).isEmpty();
  }

  @Test
  void aFileThatDoesNotSayHasNone() {
    assertThat(FileType.name(header(Map.of()))).isEmpty();
    assertThat(FileType.name(header(Map.of("general.file_type", GgufValue.string("F16")))))
        .isEmpty();
  }
}
