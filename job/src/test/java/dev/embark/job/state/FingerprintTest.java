package dev.embark.job.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.job.cli.JobFunction;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
  private static final Set<String> EMBED = JobFunction.EMBED.ofLongTexts();

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
    "output, int8",
    "precision, exact"
  })
  void anOptionThatChangesAVectorChangesIt(String key, String value) {
    assertThat(of(Map.of(key, value)).sha256()).isNotEqualTo(of(Map.of()).sha256());
    assertThat(of(Map.of(key, value)).difference(of(Map.of()))).contains(key);
  }

  @ParameterizedTest
  @CsvSource({
    "mode, FAILFAST",
    "role, query", // the prefix has its prompt
    "batchTokens, 4096",
    "model, /elsewhere/same.gguf",
    "device, cpu",
    "accelerator, off"
  })
  void anotherOptionDoesNot(String key, String value) {
    assertThat(of(Map.of(key, value))).isEqualTo(of(Map.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "chunkTokens, 64",
    "chunkOverlap, 8",
    "chunkBoundary, token",
    "chunkLocale, th",
    "dimensions, 16"
  })
  void anOptionOfChunksChangesThatOfChunks(String key, String value) {
    Fingerprint defaults = Fingerprint.of("abc", ChunkOptions.defaults());
    Fingerprint other = Fingerprint.of("abc", ChunkOptions.of(Map.of(key, value)));

    assertThat(other.sha256()).isNotEqualTo(defaults.sha256()).isNotEqualTo(of(Map.of()).sha256());
    assertThat(defaults.difference(of(Map.of()))).startsWith("chunk");
    assertThat(of(Map.of()).options().keySet()).noneMatch(option -> option.equals("chunkTokens"));
  }

  @Test
  void aDefaultWrittenOutIsTheDefault() {
    assertThat(of(Map.of("longText", "TRUNCATE", "normalize", "l2"))).isEqualTo(of(Map.of()));
  }

  @Test
  void anotherModelIsAnotherFingerprint() {
    Fingerprint other = Fingerprint.of("def", EmbedOptions.defaults());

    assertThat(other.sha256()).isNotEqualTo(of(Map.of()).sha256());
    assertThat(other.isSameForShortTexts(of(Map.of()), EMBED)).isFalse();
    assertThat(other.difference(of(Map.of()))).contains("model");
  }

  @Test
  void optionsOfLongTextsDoNotMatterForShortOnes() {
    assertThat(
            of(Map.of("longText", "chunk", "maxTokens", "9"))
                .isSameForShortTexts(of(Map.of()), EMBED))
        .isTrue();
    assertThat(of(Map.of("prefix", "q: ")).isSameForShortTexts(of(Map.of()), EMBED)).isFalse();
  }

  @Test
  void whatChangesAnAnswerChangesItAndHowManyAreMadeAtOnceDoesNot() {
    Map<String, String> model = Map.of("model", "m.gguf");
    Fingerprint plain = Fingerprint.of("abc", GenerateOptions.of(model));

    assertThat(answers("sequences", "4").sha256()).isEqualTo(plain.sha256());
    assertThat(answers("deterministic", "true").sha256()).isEqualTo(plain.sha256());
    assertThat(answers("contextTokens", "512").sha256()).isEqualTo(plain.sha256());
    for (String key : List.of("temperature", "seed", "maxTokens")) {
      assertThat(answers(key, "3").sha256()).as(key).isNotEqualTo(plain.sha256());
    }
    assertThat(
            answers("longText", "truncate")
                .isSameForShortTexts(plain, JobFunction.GENERATE.ofLongTexts()))
        .isTrue();
    assertThat(
            answers("truncateSide", "end")
                .isSameForShortTexts(plain, JobFunction.GENERATE.ofLongTexts()))
        .isTrue();
    assertThat(
            answers("maxTokens", "3")
                .isSameForShortTexts(plain, JobFunction.GENERATE.ofLongTexts()))
        .isFalse();
  }

  private static Fingerprint answers(String key, String value) {
    return Fingerprint.of("abc", GenerateOptions.of(Map.of("model", "m.gguf", key, value)));
  }
}
