package dev.embark.engine.chunks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.options.ChunkOptions.Boundary;
import dev.embark.engine.rows.EmbarkException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Where texts are cut, with a word as a token and two special tokens around each chunk. */
class TextSplitterTest {
  private static final ToIntFunction<String> WORDS =
      text -> text.isBlank() ? 0 : text.strip().split("\\s+").length;
  private static final ToIntFunction<String> BYTES =
      text -> text.getBytes(StandardCharsets.UTF_8).length;

  @Test
  void aTextThatFitsIsOneChunkWithItsWhiteSpace() {
    for (Boundary boundary : Boundary.values()) {
      assertThat(split(boundary, 5, 0, " \n a b c \n")).containsExactly(" \n a b c \n");
      assertThat(split(boundary, 3, 0, "")).containsExactly("");
      assertThat(split(boundary, 3, 0, " \n\t ")).containsExactly(" \n\t ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5 | 0 | a b c d e f g | a b c/d e f/g",
        "5 | 1 | a b c d e f g | a b c/c d e/e f g",
        "5 | 2 | a b c d e | a b c/b c d/c d e",
        "4 | 0 | one, two! (three) 'four' | one, two!/(three) 'four'",
        "3 | 0 | a-b c | a-b/c",
      })
  void tokensAreCutBetweenWords(int chunkTokens, int overlap, String text, String chunks) {
    assertThat(split(Boundary.TOKEN, chunkTokens, overlap, text))
        .containsExactly(chunks.split("/"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6 | 0 | A b. C d. E f. G h. | A b. C d./E f. G h.",
        "7 | 0 | A b. C d. E f. G h. | A b. C d./E f. G h.",
        "6 | 2 | A b. C d. E f. | A b. C d./C d. E f.",
        // A word of the last sentence is shared where the whole of it is too long.
        "6 | 1 | A b. C d. E f. | A b. C d./d. E f.",
        // The overlap gives way to a whole sentence.
        "6 | 1 | A b c d. E f g h. | A b c d./E f g h.",
        // A sentence that does not fit is cut between words.
        "5 | 0 | A b. C d e f g. H. | A b./C d e/f g. H.",
        "4 | 0 | 他说。 我来了。 | 他说。 我来了。",
      })
  void sentencesStayWholeWhereTheyFit(int chunkTokens, int overlap, String text, String chunks) {
    assertThat(split(Boundary.SENTENCE, chunkTokens, overlap, text))
        .containsExactly(chunks.split("/"));
  }

  @Test
  void aHeadingWithoutFullStopEndsASentence() {
    assertThat(split(Boundary.SENTENCE, 5, 0, "Heading\n\nA b c. D."))
        .containsExactly("Heading", "A b c.", "D.");
  }

  @Test
  void paragraphsEndAtBlankLines() {
    String text = "A b.\r\nC d.\r\n \r\nE f.\n\n\nG h. I j k l m.";

    assertThat(split(Boundary.PARAGRAPH, 6, 0, text))
        .containsExactly("A b.\r\nC d.", "E f.", "G h.", "I j k l", "m.");
    assertThat(split(Boundary.PARAGRAPH, 8, 0, text))
        .containsExactly("A b.\r\nC d.\r\n \r\nE f.", "G h.", "I j k l m.");
  }

  @Test
  void markdownIsCutBeforeHeadings() {
    String text =
        """
        # One

        a b c

        d e f

        ## Two
        g h

        Three
        =====

        i j
        """;

    assertThat(split(Boundary.MARKDOWN, 13, 0, text))
        .containsExactly("# One\n\na b c\n\nd e f", "## Two\ng h\n\nThree\n=====\n\ni j");
    assertThat(split(Boundary.MARKDOWN, 7, 0, text))
        .containsExactly("# One\n\na b c", "d e f", "## Two\ng h", "Three\n=====\n\ni j");
  }

  @Test
  void aHeadingStaysWithWhatIsBelow() {
    // The paragraph before would fit with the heading, which then had nothing below it.
    assertThat(split(Boundary.MARKDOWN, 8, 0, "a b c d\n\n# H\n\n## I\n\ne f g h\n"))
        .containsExactly("a b c d", "# H\n\n## I", "e f g h");
    assertThat(split(Boundary.MARKDOWN, 10, 0, "a b c d\n\n# H\n\n## I\n\ne f g h\n"))
        .containsExactly("a b c d", "# H\n\n## I\n\ne f g h");
  }

  @Test
  void fencedCodeStaysWholeWhereItFits() {
    String code = "```py\n# no heading\nif x:\n\n    return y\n```";
    String text = "# H\n\na b c d e\n" + code + "\n\nf g\n";

    assertThat(split(Boundary.MARKDOWN, 13, 0, text))
        .containsExactly("# H\n\na b c d e", code + "\n\nf g");
    // Code that does not fit is cut between its lines, which keep their indentation.
    assertThat(split(Boundary.MARKDOWN, 8, 0, code))
        .containsExactly("```py\n# no heading\nif x:", "    return y\n```");
  }

  @ParameterizedTest
  @EnumSource(Boundary.class)
  void aLongWordIsCutBetweenItsGraphemes(Boundary boundary) {
    String family = "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67"; // 18 bytes
    String e = "e\u0301"; // 3 bytes
    String flag = "\ud83c\udde9\ud83c\uddea"; // 8 bytes

    assertThat(split(boundary, 22, 0, family.repeat(3), BYTES)).containsOnly(family);
    assertThat(split(boundary, 10, 0, e.repeat(5), BYTES)).containsExactly(e + e, e + e, e);
    assertThat(split(boundary, 20, 0, flag.repeat(3), BYTES)).containsExactly(flag + flag, flag);
    // Between its characters where a grapheme does not fit, and never inside of a character.
    assertThat(String.join("", split(boundary, 6, 0, family, BYTES))).isEqualTo(family);
    assertThatThrownBy(() -> split(boundary, 5, 0, "ab " + family, BYTES))
        .isInstanceOfSatisfying(
            EmbarkException.class,
            error -> assertThat(error.kind()).isEqualTo(EmbarkException.Kind.TOO_LONG))
        .hasMessage(
            "A single character of the text needs a chunk of 6 tokens and chunkTokens is 5; make"
                + " chunkTokens larger.");
  }

  @Test
  void whiteSpaceThatFillsManyChunksIsLeftOut() {
    String blank = " ".repeat(1000) + "\n".repeat(1000);

    assertThat(split(Boundary.TOKEN, 6, 0, blank + "a" + blank + "b" + blank, BYTES))
        .containsExactly("a", "b");
    assertThat(String.join("", split(Boundary.TOKEN, 102, 0, blank, BYTES))).isEqualTo(blank);
  }

  /** The work is in proportion to the length of a text, whatever boundaries it has or lacks. */
  @ParameterizedTest
  @EnumSource(Boundary.class)
  void textsWithoutBoundariesAreTokenisedAFewTimesOnly(Boundary boundary) {
    int n = 10_000;
    List<String> texts =
        List.of(
            "a".repeat(n),
            "a.".repeat(n / 2),
            "ab cd. ".repeat(n / 7),
            "\n".repeat(n) + "a",
            "\u0301".repeat(n),
            "\ud83d\ude00".repeat(n / 2),
            "`".repeat(n),
            "# \n".repeat(n / 3),
            ". ".repeat(n / 2) + "a");
    for (String text : texts) {
      for (int overlap : new int[] {0, 20}) {
        long[] characters = {0};
        new TextSplitter(
                text,
                new Boundaries(text, boundary, Locale.ROOT),
                new ChunkLimits(102, overlap, 2),
                boundary == Boundary.MARKDOWN,
                (begin, end) -> {
                  characters[0] += end - begin;
                  return 2 + BYTES.applyAsInt(text.substring(begin, end));
                })
            .split();
        assertThat(characters[0]).as(text.substring(0, 9)).isLessThan(25L * n);
      }
    }
  }

  private static List<String> split(Boundary boundary, int chunkTokens, int overlap, String text) {
    return split(boundary, chunkTokens, overlap, text, WORDS);
  }

  private static List<String> split(
      Boundary boundary, int chunkTokens, int overlap, String text, ToIntFunction<String> tokens) {
    return new TextSplitter(
            text,
            new Boundaries(text, boundary, Locale.ROOT),
            new ChunkLimits(chunkTokens, overlap, 2),
            boundary == Boundary.MARKDOWN,
            (begin, end) -> 2 + tokens.applyAsInt(text.substring(begin, end)))
        .split().stream()
            .peek(span -> assertThat(span.tokens()).isLessThanOrEqualTo(chunkTokens))
            .map(span -> text.substring(span.begin(), span.end()))
            .toList();
  }
}
