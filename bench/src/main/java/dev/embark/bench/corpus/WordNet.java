package dev.embark.bench.corpus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** Short and long English texts out of a WordNet database, the same ones every time. */
public final class WordNet {
  private static final List<String> FILES =
      List.of("data.adj", "data.adv", "data.noun", "data.verb");
  private static final String BAR = " | ";
  private static final long SEED = 1;
  // A long text ends with the gloss that reaches its number of words, so they are a little longer.
  private static final int LONG_WORDS_FROM = 30;
  private static final int LONG_WORDS_TO = 160;

  private final List<Synset> synsets;

  private WordNet(List<Synset> synsets) {
    this.synsets = synsets;
  }

  /** Words of one meaning, and what it is: a definition, often with examples in quotes. */
  record Synset(List<String> words, String gloss) {
    /** The gloss without its examples. */
    String definition() {
      int example = gloss.indexOf("; \"");
      return example < 0 ? gloss : gloss.substring(0, example);
    }
  }

  /**
   * Reads a database.
   *
   * @param dict the directory with {@code data.noun} and its like
   */
  public static WordNet read(Path dict) throws IOException {
    List<Synset> synsets = new ArrayList<>();
    for (String file : FILES) {
      for (String line : Files.readAllLines(dict.resolve(file), StandardCharsets.UTF_8)) {
        parse(line).ifPresent(synsets::add);
      }
    }
    return new WordNet(synsets);
  }

  /** The synset of a line of a data file; empty for the lines of the licence at its head. */
  static Optional<Synset> parse(String line) {
    int bar = line.indexOf(BAR);
    if (line.isEmpty() || !Character.isDigit(line.charAt(0)) || bar < 0) {
      return Optional.empty();
    }
    // Offset, file, kind, number of words in hex; then each word and a number of its sense.
    String[] fields = line.substring(0, bar).split(" ");
    int words = Integer.parseInt(fields[3], 16);
    List<String> names =
        IntStream.range(0, words).mapToObj(i -> fields[4 + 2 * i].replace('_', ' ')).toList();
    String gloss = line.substring(bar + BAR.length()).strip();
    return gloss.isEmpty() ? Optional.empty() : Optional.of(new Synset(names, gloss));
  }

  /**
   * A word and its definition in each, no two the same.
   *
   * @throws IOException when there are fewer
   */
  public List<String> shortTexts(int count) throws IOException {
    Set<String> texts = new LinkedHashSet<>();
    for (Synset synset : synsets) {
      synset.words().forEach(word -> texts.add(word + ": " + synset.definition()));
    }
    return take(shuffled(texts), count);
  }

  /**
   * Whole glosses one after the other in each, no gloss twice.
   *
   * @throws IOException when there are fewer
   */
  public List<String> longTexts(int count) throws IOException {
    Set<String> glosses = new LinkedHashSet<>();
    synsets.forEach(synset -> glosses.add(synset.gloss()));
    Random random = new Random(SEED);
    List<String> texts = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int words = 0;
    int wanted = random.nextInt(LONG_WORDS_FROM, LONG_WORDS_TO);
    for (String gloss : shuffled(glosses)) {
      text.append(text.isEmpty() ? "" : ". ").append(gloss);
      words += gloss.split("\\s+").length;
      if (words >= wanted) {
        texts.add(text.toString());
        text.setLength(0);
        words = 0;
        wanted = random.nextInt(LONG_WORDS_FROM, LONG_WORDS_TO);
      }
    }
    return take(texts, count);
  }

  private static List<String> shuffled(Set<String> texts) {
    List<String> shuffled = new ArrayList<>(texts);
    Collections.shuffle(shuffled, new Random(SEED));
    return shuffled;
  }

  private static List<String> take(List<String> texts, int count) throws IOException {
    if (texts.size() < count) {
      throw new IOException(
          "WordNet has %d such texts and %d were asked for.".formatted(texts.size(), count));
    }
    return List.copyOf(texts.subList(0, count));
  }
}
