package dev.embark.engine.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RerankOptionsTest {
  @ParameterizedTest
  @EnumSource(RerankOption.class)
  void everyDefaultIsAValueThatTheOptionTakes(RerankOption option) {
    if (!option.defaultValue().isEmpty()) {
      assertThat(option.canonical("rerank", option.defaultValue()))
          .isEqualTo(option.defaultValue());
    }
  }

  @Test
  void valuesIgnoreCaseAndEqualOptionsAreEqual() {
    RerankOptions options = RerankOptions.of(Map.of("TRUNCATION", "Only_Second"));
    assertThat(options.truncation()).isEqualTo(PairTruncation.ONLY_SECOND);
    assertThat(options).isEqualTo(RerankOptions.of(Map.of("truncation", "only_second")));
    assertThat(options).isNotEqualTo(RerankOptions.defaults());
    assertThat(RerankOptions.defaults()).isNotEqualTo(EmbedOptions.defaults());
  }

  @ParameterizedTest
  @CsvSource({
    "truncation, longest, The rerank option truncation cannot be 'longest'; it takes longest_first",
    "maxTokens, 3, The rerank option maxTokens cannot be '3'; it takes 4 or more.",
    "prefix, x, There is no rerank option 'prefix'",
    "activaton, none, did you mean 'activation'?"
  })
  void whatIsNotAllowedIsRefused(String key, String value, String message) {
    assertThatThrownBy(() -> RerankOptions.of(Map.of(key, value)))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theModelsActivationCountsUnlessTheOptionNamesOne() {
    assertThat(RerankOptions.defaults().isSigmoid(Optional.empty())).isTrue();
    assertThat(RerankOptions.defaults().isSigmoid(Optional.of("none"))).isFalse();
    RerankOptions sigmoid = RerankOptions.of(Map.of("activation", "sigmoid"));
    assertThat(sigmoid.isSigmoid(Optional.of("none"))).isTrue();
    RerankOptions none = RerankOptions.of(Map.of("activation", "none"));
    assertThat(none.isSigmoid(Optional.empty())).isFalse();
  }
}
