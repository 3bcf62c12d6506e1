package dev.embark.bench.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordNetTest {

  @TempDir Path dict;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(
        dict.resolve("data.adj"),
        "  1 This software and database | is being provided to you  \n"
            + "00001740 00 a 01 able 0 001 = 05207437 n 0000 | having the power; \"able to swim\" "
            + " \n");
    Files.writeString(dict.resolve("data.adv"), "00001740 02 r 01 a_cappella 0 000 | \n");
    Files.writeString(
        dict.resolve("data.noun"),
        "00001740 03 n 02 big_thing 0 giant 2 000 | größer als 1 kg  \n"
            // 300 glosses of 12 words
            + IntStream.range(0, 300)
                .mapToObj(i -> "%08d 03 n 01 thing%d 0 000 | %s\n".formatted(i, i, gloss(i)))
                .collect(Collectors.joining()));
    Files.writeString(dict.resolve("data.verb"), "00001740 29 v 01 breathe 0 000\n");
  }

  private static String gloss(int number) {
    return "g" + number + " x".repeat(11);
  }

  @Test
  void aSynsetHasItsWordsAndTheTextAfterTheFirstBar() {
    assertThat(WordNet.parse("00001740 03 n 02 big_thing 0 giant 2 000 | a | b  "))
        .contains(new WordNet.Synset(List.of("big thing", "giant"), "a | b"));
  }

  @Test
  void theNumberOfWordsIsHexadecimal() {
    String words =
        IntStream.range(0, 17).mapToObj(i -> "w" + i + " 0 ").collect(Collectors.joining());
    assertThat(WordNet.parse("00001740 03 n 11 " + words + "000 | many").orElseThrow().words())
        .hasSize(17)
        .endsWith("w16");
  }

  @Test
  void linesWithoutAGlossHaveNone() {
    assertThat(WordNet.parse("")).isEmpty();
    assertThat(WordNet.parse("  1 This software | and database")).isEmpty();
    assertThat(WordNet.parse("00001740 29 v 01 breathe 0 000")).isEmpty();
    assertThat(WordNet.parse("00001740 29 v 01 breathe 0 000 |  ")).isEmpty();
  }

  @Test
  void shortTextsAreAWordAndItsDefinitionWithoutExamples() throws IOException {
    assertThat(WordNet.read(dict).shortTexts(303))
        .doesNotHaveDuplicates()
        .contains("able: having the power", "big thing: größer als 1 kg", "giant: größer als 1 kg");
  }

  @Test
  void longTextsAreWholeGlossesAndNoneIsThereTwice() throws IOException {
    List<String> texts = WordNet.read(dict).longTexts(20);

    assertThat(texts).allSatisfy(text -> assertThat(text.split("\\s+").length).isBetween(30, 172));
    List<String> glosses =
        texts.stream().flatMap(text -> Arrays.stream(text.split("\\. "))).toList();
    assertThat(glosses).doesNotHaveDuplicates().hasSizeGreaterThan(100);
    assertThat(WordNetTest.glosses()).containsAll(glosses);
  }

  private static List<String> glosses() {
    List<String> glosses =
        new ArrayList<>(IntStream.range(0, 300).mapToObj(WordNetTest::gloss).toList());
    glosses.add("having the power; \"able to swim\"");
    glosses.add("größer als 1 kg");
    return glosses;
  }

  @Test
  void textsAreTheSameInTheSameOrderEachTimeHoweverManyAreTaken() throws IOException {
    List<String> shortTexts = WordNet.read(dict).shortTexts(200);
    List<String> longTexts = WordNet.read(dict).longTexts(20);

    assertThat(WordNet.read(dict).shortTexts(100)).isEqualTo(shortTexts.subList(0, 100));
    assertThat(WordNet.read(dict).longTexts(20)).isEqualTo(longTexts);
    // Pinned: figures of different dates have to be of the same texts.
    assertThat(shortTexts.subList(0, 3))
        .isEqualTo(
            List.of("thing135: " + gloss(135), "thing21: " + gloss(21), "thing41: " + gloss(41)));
  }

  @Test
  void moreTextsThanThereAreIsAnError() {
    assertThatThrownBy(() -> WordNet.read(dict).shortTexts(304))
        .isInstanceOf(IOException.class)
        .hasMessage("WordNet has 303 such texts and 304 were asked for.");
  }
}
