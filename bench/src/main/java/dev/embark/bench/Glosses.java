package dev.embark.bench;

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

/** The glosses of a WordNet database: one or a few English sentences each. */
final class Glosses {
  private static final List<String> FILES =
      List.of("data.adj", "data.adv", "data.noun", "data.verb");
  private static final String SEPARATOR = " | ";
  private static final long SEED = 1;

  private Glosses() {}

  /**
   * Takes {@code count} different glosses out of all files, the same ones in the same order every
   * time.
   *
   * @param dict the directory with {@code data.noun} and its like
   * @throws IOException when a file cannot be read or there are fewer glosses
   */
  static List<String> read(Path dict, int count) throws IOException {
    Set<String> all = new LinkedHashSet<>();
    for (String file : FILES) {
      for (String line : Files.readAllLines(dict.resolve(file), StandardCharsets.UTF_8)) {
        parse(line).ifPresent(all::add);
      }
    }
    if (all.size() < count) {
      throw new IOException(
          "%s has %d different glosses and %d were asked for".formatted(dict, all.size(), count));
    }
    List<String> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, new Random(SEED));
    return List.copyOf(shuffled.subList(0, count));
  }

  /** The gloss of a line of a data file; empty for the lines of the licence at its head. */
  static Optional<String> parse(String line) {
    int separator = line.indexOf(SEPARATOR);
    if (line.isEmpty() || !Character.isDigit(line.charAt(0)) || separator < 0) {
      return Optional.empty();
    }
    String gloss = line.substring(separator + SEPARATOR.length()).strip();
    return Optional.of(gloss).filter(text -> !text.isEmpty());
  }
}
