package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.EmbedOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
  private static Fingerprint of(Map<String, String> options) {
    return Fingerprint.of("abc", EmbedOptions.of(options));
  }

  @ParameterizedTest
  @CsvSource({
    "prefix, 'query: '",
    "maxTokens, 64",
    "longText, chunk",
    "chunkOverlap, 8",
    "pooling, cls",
    "normalize, none",
    "dimensions, 16",
    "output, int8"
  })
  void anOptionThatChangesAVectorChangesIt(String key, String value) {
    assertThat(of(Map.of(key, value)).sha256()).isNotEqualTo(of(Map.of()).sha256());
    assertThat(of(Map.of(key, value)).difference(of(Map.of()))).contains(key);
  }

  @ParameterizedTest
  @CsvSource({"mode, FAILFAST", "batchTokens, 4096", "model, /elsewhere/same.gguf", "device, cpu"})
  void anotherOptionDoesNot(String key, String value) {
    assertThat(of(Map.of(key, value))).isEqualTo(of(Map.of()));
  }

  @Test
  void aDefaultWrittenOutIsTheDefault() {
    assertThat(of(Map.of("longText", "TRUNCATE", "normalize", "l2"))).isEqualTo(of(Map.of()));
  }

  @Test
  void anotherModelIsAnotherFingerprint() {
    Fingerprint other = Fingerprint.of("def", EmbedOptions.defaults());

    assertThat(other.sha256()).isNotEqualTo(of(Map.of()).sha256());
    assertThat(other.isSameForShortTexts(of(Map.of()))).isFalse();
    assertThat(other.difference(of(Map.of()))).contains("model");
  }

  @Test
  void optionsOfLongTextsDoNotMatterForShortOnes() {
    assertThat(of(Map.of("longText", "chunk", "maxTokens", "9")).isSameForShortTexts(of(Map.of())))
        .isTrue();
    assertThat(of(Map.of("prefix", "q: ")).isSameForShortTexts(of(Map.of()))).isFalse();
  }
}
