package dev.embark.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerTest {

  @Test
  void theAnswerIsTheTextOfItsTokens() {
    Answer answer = answer();
    assertThat(add(answer, "Hel", "lo ", "world")).isFalse();
    answer.add();

    assertThat(answer.text()).isEqualTo("Hello world");
    assertThat(answer.tokens()).isEqualTo(4);
    answer.clear();
    assertThat(answer.text()).isEmpty();
    assertThat(answer.tokens()).isZero();
  }

  @Test
  void aStopWordMayBeSpreadOverTokens() {
    Answer answer = answer("END", "###");

    assertThat(add(answer, "so E", "N", "D and on")).isTrue();
    assertThat(answer.text()).isEqualTo("so ");
  }

  @Test
  void theFirstStopWordInTheTextEndsIt() {
    Answer answer = answer("late", "early");

    assertThat(add(answer, "an early and a late one")).isTrue();
    assertThat(answer.text()).isEqualTo("an ");
  }

  @Test
  void partOfAStopWordEndsNothing() {
    Answer answer = answer("stop it");

    assertThat(add(answer, "stop", " ", "i", "n")).isFalse();
    assertThat(answer.text()).isEqualTo("stop in");
  }

  @ParameterizedTest
  @ValueSource(strings = {"é", "€", "🙂"})
  void aCharacterWhoseBytesDidNotAllComeIsLeftOut(String character) {
    byte[] bytes = character.getBytes(StandardCharsets.UTF_8);
    for (int n = 1; n < bytes.length; n++) {
      Answer answer = answer();
      add(answer, "ab");
      answer.add(bytes, n);
      assertThat(answer.text()).isEqualTo("ab");
      answer.add(Arrays.copyOfRange(bytes, n, bytes.length), bytes.length - n);
      assertThat(answer.text()).isEqualTo("ab" + character);
    }
  }

  @Test
  void itGrowsWithItsTokens() {
    Answer answer = answer();
    String piece = "twelve bytes".repeat(200);

    add(answer, piece, piece, piece);
    assertThat(answer.text()).isEqualTo(piece.repeat(3));
  }

  private static Answer answer(String... stops) {
    return new Answer(
        Stream.of(stops).map(s -> s.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new));
  }

  private static boolean add(Answer answer, String... pieces) {
    boolean stopped = false;
    for (String piece : pieces) {
      byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
      stopped = answer.add(bytes, bytes.length);
    }
    return stopped;
  }
}
