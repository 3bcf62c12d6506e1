package dev.embark.bench.corpus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Texts that all sides embed, or as many of the first ones as a side has time for. */
public final class Corpus {
  private final String name;
  private final Path file;
  private final long[] tokensBefore; // [texts + 1]
  private final int leftOut;

  /** Opens a file of {@link #write}; {@code tokensBefore[texts + 1]} is cumulative. */
  public Corpus(String name, Path file, long[] tokensBefore, int leftOut) {
    this.name = name;
    this.file = file;
    this.tokensBefore = tokensBefore;
    this.leftOut = leftOut;
  }

  /**
   * Writes the texts where the sides can read them. Texts that the model would not see whole are
   * left out, since each side does something else with them.
   *
   * @param texts any; line ends become spaces
   */
  public static Corpus write(String name, List<String> texts, TokenCounter counter, Path folder)
      throws IOException {
    List<String> lines =
        texts.stream()
            .map(text -> text.replaceAll("\\R", " ").strip())
            .filter(text -> !text.isEmpty())
            .toList();
    int[] tokens = counter.count(lines);
    List<String> kept = new ArrayList<>();
    long[] before = new long[lines.size() + 1];
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] <= counter.maxTokens()) {
        kept.add(lines.get(i));
        before[kept.size()] = before[kept.size() - 1] + tokens[i];
      }
    }
    if (kept.isEmpty()) {
      throw new IOException("The corpus " + name + " has no text that the model sees whole.");
    }
    Path file = folder.resolve(name + ".txt");
    Files.write(file, kept, StandardCharsets.UTF_8);
    return new Corpus(
        name, file, Arrays.copyOf(before, kept.size() + 1), lines.size() - kept.size());
  }

  public String name() {
    return name;
  }

  /** One text in each line. */
  public Path file() {
    return file;
  }

  public int size() {
    return tokensBefore.length - 1;
  }

  /** Number of texts that were too long. */
  public int leftOut() {
    return leftOut;
  }

  /** Tokens of the first {@code texts}, special ones included. */
  public long tokens(int texts) {
    return tokensBefore[texts];
  }

  /** Number of first texts with about this many tokens; at least one, at most all. */
  public int textsOf(double tokens) {
    int at = Arrays.binarySearch(tokensBefore, (long) Math.ceil(tokens));
    return Math.max(1, Math.min(at < 0 ? -at - 1 : at, size()));
  }
}
