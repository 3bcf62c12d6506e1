package dev.embark.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.text.UnigramText.Spaces;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The ids themselves are compared with Hugging Face's in {@code TokenizerParityTest} of
 * native/model.
 */
class UnigramTextTest {
  private static final CharacterMap NO_MAP = new CharacterMap(ByteBuffer.allocate(0));

  @ParameterizedTest
  @CsvSource({
    "SPLIT, 'a\u0085b\u00a0', 'a b '",
    "TRIM, 'a\u0085b\u0085\u2003', 'a\u0085b'",
    "MERGE, '  a   b\u0085 ', 'a b\u0085 '",
    "MERGE, '   ', ' '",
    "KEEP, ' a  b\u0085', 'a  b\u0085'",
    "KEEP, '  ', '  '",
  })
  void whiteSpaceIsThatOfTheTokenizer(Spaces spaces, String text, String rewritten) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    assertThat(rewritten(new UnigramText(NO_MAP, spaces), utf8)).isEqualTo(rewritten);
  }

  @Test
  void malformedBytesAreReplaced() {
    byte[] malformed = {'a', (byte) 0xE2, (byte) 0x82, ' ', (byte) 0xFF, 'b'};
    assertThat(rewritten(new UnigramText(NO_MAP, Spaces.SPLIT), malformed))
        .isEqualTo("a\ufffd \ufffdb");
  }

  @Test
  void onlyAsciiTextsAreLeftToLlama() {
    UnigramText text = new UnigramText(NO_MAP, Spaces.SPLIT);
    assertThat(isPlain(text, "two words")).isTrue();
    assertThat(isPlain(text, "a\tb")).isFalse();
    assertThat(isPlain(text, "caf\u00e9")).isFalse();
    assertThat(isPlain(new UnigramText(NO_MAP, Spaces.KEEP), "two words")).isFalse();
  }

  /** A model's file is untrusted: whatever its map holds, a text is rewritten to some text. */
  @Test
  void damagedMapsAreHarmless() {
    Random random = new Random(3);
    byte[] utf8 = "Cafe\u0301 \u1100\u1161 \uff21\ud83d\ude00".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 2000; i++) {
      byte[] map = new byte[random.nextInt(4096)];
      random.nextBytes(map);
      if (map.length >= Integer.BYTES && i % 4 != 0) {
        int trie = random.nextInt(map.length);
        ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN).putInt(trie);
      }
      UnigramText text = new UnigramText(new CharacterMap(ByteBuffer.wrap(map)), Spaces.SPLIT);
      assertThat(text.rewrite(utf8, utf8.length)).isNotNull();
    }
  }

  @Test
  void clustersEndWhereUnicodeSays() {
    assertThat(GraphemeBreaks.isBetween('a', 'b')).isTrue();
    assertThat(GraphemeBreaks.isBetween('e', 0x301)).isFalse();
    assertThat(GraphemeBreaks.isBetween('\r', '\n')).isFalse();
    assertThat(GraphemeBreaks.isBetween('\n', 0x301)).isTrue();
    assertThat(GraphemeBreaks.isBetween(0x200B, 0x301)).isTrue();
    assertThat(GraphemeBreaks.isBetween('a', 0x200D)).isFalse();
    assertThat(GraphemeBreaks.isBetween(0x600, '1')).isFalse();
    assertThat(GraphemeBreaks.isBetween(0x1100, 0x1161)).isFalse();
    assertThat(GraphemeBreaks.isBetween(0x1161, 0x1100)).isTrue();
    assertThat(GraphemeBreaks.isBetween(0xAC00, 0x11A8)).isFalse();
  }

  private static boolean isPlain(UnigramText text, String string) {
    byte[] utf8 = string.getBytes(StandardCharsets.UTF_8);
    return text.isPlain(utf8, utf8.length);
  }

  private static String rewritten(UnigramText text, byte[] utf8) {
    return new String(text.rewrite(utf8, utf8.length), StandardCharsets.UTF_8);
  }
}
