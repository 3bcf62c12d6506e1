package dev.embark.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GenerateOptionsTest {

  @Test
  void withNothingSetTheDefaultsHold() {
    GenerateOptions options = GenerateOptions.defaults();

    assertThat(options.model()).isEmpty();
    assertThat(options.temperature()).isZero();
    assertThat(options.maxTokens()).isEqualTo(256);
    assertThat(options.stop()).isEmpty();
    assertThat(options.longText()).isEqualTo(LongText.ERROR);
    assertThat(options.truncateSide()).isEqualTo(TruncateSide.START);
    assertThat(options.mode()).isEqualTo(ErrorMode.PERMISSIVE);
    assertThat(options.retries()).isEqualTo(1);
    assertThat(options.asMap()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(GenerateOption.class)
  void everyDefaultIsAValueThatTheOptionTakes(GenerateOption option) {
    assertThat(option.takes()).isNotBlank();
    assertThat(option.description()).endsWith(".");
    if (!option.defaultValue().isEmpty()) {
      assertThat(option.canonical("generate", option.defaultValue()))
          .isEqualTo(option.defaultValue());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "temperature, -1",
    "temperature, NaN",
    "topP, 1.1",
    "minP, x",
    "topK, -1",
    "longText, chunk",
    "truncateSide, left",
    "sequences, 0",
    "sequences, 256",
    "maxTokens, 0",
    "seed, 4294967296",
  })
  void theErrorForAValueListsTheAllowedValues(String key, String value) {
    assertThatThrownBy(() -> GenerateOptions.of(Map.of(key, value)))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
        .hasMessage(
            "The generate option %s cannot be '%s'; it takes %s.",
            key, value, GenerateOptions.defaults().option(key).takes());
  }

  @ParameterizedTest
  @CsvSource({
    "abcdef, START, 2, ef",
    "abcdef, END, 2, ab",
    "abcdef, MIDDLE, 3, abf",
    "abcdef, MIDDLE, 0, ''",
    "abcdef, START, 6, abcdef",
    "a😀b, START, 2, b",
    "a😀b, END, 2, a",
    "a😀b, MIDDLE, 3, ab",
  })
  void aTextIsCutAtASideAndInNoCharacter(
      String text, TruncateSide side, int kept, String expected) {
    assertThat(side.cut(text, kept)).isEqualTo(expected);
  }

  @Test
  void aTemplateInJinjaKeepsItsBlanks() {
    Map<String, String> options = Map.of("chatTemplate", " {{ x }}\n ");
    assertThat(GenerateOptions.of(options).chatTemplate()).isEqualTo(" {{ x }}\n ");
    assertThat(GenerateOptions.of(Map.of("chatTemplate", " chatml ")).chatTemplate())
        .isEqualTo("chatml");
  }

  @Test
  void theErrorForJsonSchemaNamesTheOption() {
    assertThatThrownBy(() -> GenerateOptions.of(Map.of("jsonSchema", "{}")))
        .hasMessageContaining("no generate option 'jsonSchema'")
        .hasMessageContaining("The option schema takes a JSON schema.");
  }

  @Test
  void stopWordsAreSeparatedByBars() {
    assertThat(GenerateOptions.of(Map.of("stop", "\n\n||END|")).stop())
        .containsExactly("\n\n", "END|");
  }

  @Test
  void theSameMeaningIsEqualAndAnotherTaskIsNot() {
    GenerateOptions set = GenerateOptions.of(Map.of("temperature", "0", "maxTokens", "0256"));

    assertThat(set).isEqualTo(GenerateOptions.defaults()).hasSameHashCodeAs(set.with(Map.of()));
    assertThat(set).isNotEqualTo(GenerateOptions.of(Map.of("temperature", "0.5")));
    assertThat((FunctionOptions) set).isNotEqualTo(EmbedOptions.defaults());
  }
}
