package dev.embark.engine.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConditionTest {
  @ParameterizedTest
  @EnumSource
  void hasTheFormOfSparksConditions(Condition condition) {
    assertThat(condition.condition())
        .matches(condition.isOfLaterSpark() ? "[A-Z_]+" : "EMBARK_[A-Z_]+");
    assertThat(condition.sqlState()).matches("[0-9A-Z]{5}");
    // Spark replaces every name in angle brackets; four are as many as a Scala map of constructors.
    assertThat(condition.parameters()).hasSizeLessThanOrEqualTo(4);
    assertThat(condition.template().replaceAll("<[a-zA-Z]+>", "")).doesNotContain("<", "$");
  }

  @ParameterizedTest
  @EnumSource
  void everyKindHasAGeneralCondition(Kind kind) {
    EmbarkException failure = new EmbarkException(kind, "It <failed> with $1.");

    assertThat(failure.condition().condition()).isEqualTo("EMBARK_" + kind);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.parameters()).containsExactly(Map.entry("reason", "It <failed> with $1."));
    assertThat(failure.condition().message(failure.parameters())).isEqualTo(failure.getMessage());
  }

  @Test
  void messageTakesValuesAsTheyAre() {
    Map<String, String> values =
        Map.of("function", "embed", "option", "<value>", "value", "'$1\\'", "takes", "l2, p:<n>");

    assertThat(new EmbarkException(Condition.INVALID_OPTION, values))
        .hasMessage("The embed option <value> cannot be '$1\\'; it takes l2, p:<n>.");
  }

  @Test
  void missingParameterIsAnError() {
    assertThatThrownBy(() -> Condition.NO_MODEL.message(Map.of("function", "generate")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("EMBARK_NO_MODEL takes [function, conf]");
  }

  @Test
  void copyKeepsTheConditionAndReplacesInAllParts() {
    EmbarkException failure =
        new EmbarkException(
            Condition.MODEL_NOT_FETCHED,
            Map.of("model", "/cache/ab", "reason", "/cache/ab is gone"));

    EmbarkException named = failure.replacing("/cache/ab", "hf:a/b").inRow(3);

    assertThat(named).hasMessage("The model hf:a/b cannot be fetched: hf:a/b is gone.");
    assertThat(named.parameters()).containsEntry("reason", "hf:a/b is gone");
    assertThat(named.condition()).isEqualTo(Condition.MODEL_NOT_FETCHED);
    assertThat(named.row()).hasValue(3);
    assertThat(failure.again()).hasMessage(failure.getMessage()).hasCause(failure);
  }
}
