package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeedTableTest {
  private static final Path README = Markdown.ROOT.resolve("README.md");
  private static final String BEGIN = "<!-- figures -->\n";
  private static final String END = "<!-- end of the figures -->";

  @Test
  void theFiguresOfTheReadmeAreThoseOfTheNewestComparison() throws IOException {
    String text = Files.readString(README);
    int from = text.indexOf(BEGIN) + BEGIN.length();
    int to = text.indexOf(END);
    assertThat(from).isGreaterThanOrEqualTo(BEGIN.length());
    Optional<Path> newest = SpeedTable.newest();
    String expected = newest.isPresent() ? SpeedTable.of(newest.get()) : "";
    if (Boolean.getBoolean("embark.docs.write")) {
      text = text.substring(0, from) + expected + text.substring(to);
      Files.writeString(README, text);
      to = text.indexOf(END);
    }

    assertThat(text.substring(from, to))
        .as("README.md has other figures than bench/results; write them by: %s", SpeedTable.COMMAND)
        .isEqualTo(expected);
  }

  @Test
  void aSideHasItsSpeedOnEachCorpusAndItsWorstCosine(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("2026-01-01-comparison.json");
    Files.writeString(
        file,
        """
        {"machine": "a machine", "model": "a model",
         "corpora": [{"corpus": "short", "meanTokens": 12.4}, {"corpus": "long", "meanTokens": 99.6}],
         "sides": [
          {"side": "onnxruntime-f32", "corpus": "short", "tokensPerCpuSecond": 999.6,
           "tokensPerSecond": 1001, "cosineMin": null},
          {"side": "of no concern", "corpus": "short", "tokensPerCpuSecond": 1,
           "tokensPerSecond": 1, "cosineMin": null},
          {"side": "engine", "corpus": "short", "tokensPerCpuSecond": 12345.6,
           "tokensPerSecond": 12344, "cosineMin": 0.999999},
          {"side": "engine", "corpus": "long", "tokensPerCpuSecond": 2000,
           "tokensPerSecond": 2001, "cosineMin": 0.99996}]}
        """);

    assertThat(SpeedTable.of(file))
        .isEqualTo(
            """
            a model on a machine: WordNet, short ones of 12 tokens and long ones of 100 tokens on average; [all of it](bench/results/2026-01-01-comparison.md).

            | | short, tokens/CPU-s | tokens/s | long, tokens/CPU-s | tokens/s | cosine |
            |---|---:|---:|---:|---:|---:|
            | **Embark**, one thread | 12,346 | 12,344 | 2,000 | 2,001 | 0.99996 |
            | ONNX Runtime, f32 | 1,000 | 1,001 | | | |
            """);
  }
}
