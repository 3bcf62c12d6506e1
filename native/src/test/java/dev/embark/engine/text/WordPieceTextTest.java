package dev.embark.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
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
    assertThat(rewrite(new WordPieceText(true, true, word -> true), text)).isEqualTo(stripped);
  }

  @ParameterizedTest
  @CsvSource({
    // Accents stay, and a Turkish capital I loses its dot to a mark of its own, as in Unicode.
    "'caf\u00e9 e\u0301', true, 'caf\u00e9 e\u0301'",
    "'\u0130', true, 'i\u0307'",
    "'\u0130', false, '\u0130'",
    // What BERT's tokenizer removes is removed, or the length of a word would be wrong.
    "'a\u000bb\u000cc\u0085d\u00ade\ufffdf', true, abcdef",
    // Punctuation since Unicode 11, and such that is none any more.
    "'a \u0c77b c', true, 'a \u2581 c'",
    "'a\u166db', true, 'a \u166d b'",
  })
  void charactersAreRewrittenAsByTheReference(String text, boolean lowercases, String rewritten) {
    assertThat(rewrite(new WordPieceText(false, lowercases, word -> true), text))
        .isEqualTo(rewritten);
  }

  @Test
  void aWordOfMoreThanAHundredCharactersOrWithAWordStartWithinIsUnknown() {
    WordPieceText text = new WordPieceText(true, true, word -> true);
    String most = "\u00e9".repeat(100);

    assertThat(rewrite(text, most + " " + most + "x," + most))
        .isEqualTo("e".repeat(100) + " \u2581," + "e".repeat(100));
    assertThat(rewrite(text, "a\u2581b \u2581b")).isEqualTo("\u2581 \u2581b");
  }

  @Test
  void anUnknownWordIsOneThatTheVocabularyLacks() {
    assertThat(rewrite(new WordPieceText(true, true, word -> !word.equals("\u2581")), "a\u2581b c"))
        .isEqualTo("\ua6a0 c");
  }

  @Test
  void aLongWordIsSeenWhereverItIs() {
    WordPieceText text = new WordPieceText(true, true, word -> true);
    for (int before = 0; before < 250; before++) {
      for (int length : new int[] {100, 101, 203}) {
        byte[] utf8 = (" ".repeat(before) + "a".repeat(length) + " b").getBytes(UTF_8);
        assertThat(text.isPlain(utf8, utf8.length)).isEqualTo(length == 100);
        assertThat(text.isPlain(utf8, before + 100)).isTrue();
      }
    }
    for (String other : new String[] {"a\u000b", "\fa", "\u00e9"}) {
      byte[] utf8 = other.getBytes(UTF_8);
      assertThat(text.isPlain(utf8, utf8.length)).isFalse();
    }
  }

  private static String rewrite(WordPieceText text, String original) {
    byte[] utf8 = original.getBytes(UTF_8);
    return new String(text.rewrite(utf8, utf8.length), UTF_8);
  }
}
