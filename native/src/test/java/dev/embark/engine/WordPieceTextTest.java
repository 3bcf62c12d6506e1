package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordPieceTextTest {
  @ParameterizedTest
  @CsvSource({
    // Latin letters lose their accents, whole or composed.
    "'caf\u00e9 na\u00efve', cafe naive",
    "'e\u0301', e",
    // A Korean syllable becomes all of its letters.
    "'\ud55c', '\u1112\u1161\u11ab'",
    // A Hindi vowel sign (a spacing mark) stays, a virama (a non-spacing one) goes.
    "'\u0915\u093e\u0937\u094d', '\u0915\u093e\u0937'",
    // The enclosing keycap stays, the variation selector goes.
    "'1\ufe0f\u20e3', '1\u20e3'",
    "'plain ASCII', plain ASCII",
    "'\u6f22\u5b57 \ud83d\ude00', '\u6f22\u5b57 \ud83d\ude00'",
  })
  void decomposesAndDropsNonSpacingMarks(String text, String stripped) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    byte[] result = new WordPieceText(true, true, word -> true).rewrite(utf8, utf8.length);
    assertThat(new String(result, StandardCharsets.UTF_8)).isEqualTo(stripped);
  }
}
