package dev.embark.spark.rows;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TextWindowTest {
  private final TextWindow window = new TextWindow();

  @Test
  void repeatedTextRefersToItsFirstRow() {
    add("a", null, "b", "a", "a", "");
    assertThat(window.size()).isEqualTo(6);
    assertThat(window.texts()).containsExactly(utf8("a"), null, utf8("b"), null, null, utf8(""));
    assertThat(window.source(0)).isZero();
    assertThat(window.isNull(1)).isTrue();
    assertThat(window.source(2)).isEqualTo(2);
    assertThat(window.source(3)).isZero();
    assertThat(window.source(4)).isZero();
    assertThat(window.repeats()).isEqualTo(2);
  }

  @Test
  void clearedWindowHasNoTexts() {
    add("a", "a");
    window.clear();
    add("a");
    assertThat(window.texts()).containsExactly(utf8("a"));
    assertThat(window.repeats()).isZero();
  }

  private void add(String... texts) {
    for (String text : texts) {
      window.add(text == null ? null : utf8(text));
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
