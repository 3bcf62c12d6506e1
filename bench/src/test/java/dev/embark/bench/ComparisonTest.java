package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.bench.corpus.Corpus;
import dev.embark.bench.corpus.TokenCounter;
import dev.embark.bench.ours.EngineSide;
import dev.embark.bench.side.Side;
import dev.embark.bench.side.SideMain;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few seconds of the comparison, with the real engine and sides that fail. */
class ComparisonTest {

  /** Fails when it shall run, or says that it saw other tokens, or ends, or has no vectors. */
  public static final class BadSide implements Side {
    private final String fault;

    public BadSide(List<String> arguments) {
      fault = arguments.get(0);
    }

    @Override
    public Work prepare(String name, List<String> texts, int batch) {
      return new Work() {
        @Override
        public long run() {
          switch (fault) {
            case "throws" -> throw new IllegalStateException("no more");
            case "exits" -> {
              System.err.println("the last words");
              Runtime.getRuntime().halt(7);
            }
            default -> {}
          }
          return 1;
        }

        @Override
        public float[][] vectors() {
          float[][] vectors = new float[texts.size()][384];
          for (float[] vector : vectors) {
            Arrays.fill(vector, fault.equals("zeros") ? 0 : 1);
          }
          return vectors;
        }
      };
    }

    @Override
    public void close() {}
  }

  /** The engine, but for wide batches. */
  public static final class NarrowSide implements Side {
    private final EngineSide engine;

    public NarrowSide(List<String> arguments) {
      engine = new EngineSide(arguments);
    }

    @Override
    public Work prepare(String name, List<String> texts, int batch) {
      if (batch > 64) {
        throw new IllegalStateException("no memory for " + batch);
      }
      return engine.prepare(name, texts, batch);
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  @TempDir Path folder;
  private Path gguf;
  private List<Corpus> corpora;
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @BeforeEach
  void write() throws IOException {
    gguf = folder.resolve("model.gguf");
    try (InputStream in =
        getClass().getResourceAsStream("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")) {
      Files.copy(in, gguf);
    }
    try (TokenCounter counter = new TokenCounter(gguf)) {
      corpora =
          List.of(
              Corpus.write("short", texts("a dog and a cat"), counter, folder),
              Corpus.write("long", texts("a dog and a cat ".repeat(20)), counter, folder));
    }
  }

  private static List<String> texts(String text) {
    return IntStream.range(0, 40).mapToObj(i -> i + " " + text).toList();
  }

  private SideSpec engine(String name) {
    return java(name, EngineSide.class, gguf.toString(), "1");
  }

  private static SideSpec java(String name, Class<?> side, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(SideMain.class.getName());
    command.add(side.getName());
    command.addAll(List.of(arguments));
    return SideSpec.of(name, "a side", command);
  }

  private Comparison.Outcome measure(SideSpec... sides) throws IOException {
    PrintStream out = new PrintStream(progress, true, StandardCharsets.UTF_8);
    try (GpuUse gpu = GpuUse.none()) {
      return new Comparison(corpora, 2, 0.05, folder, out, gpu).measure(List.of(sides));
    }
  }

  @Test
  void everySideIsMeasuredOnEveryCorpusInEachRoundAndComparedWithTheReference() throws Exception {
    Comparison.Outcome outcome =
        measure(engine("reference"), engine("engine").withBatches(8, 16).only("short"));

    assertThat(outcome.notRun()).isEmpty();
    assertThat(outcome.results().stream().map(result -> result.side() + " " + result.corpus()))
        .containsExactly("reference short", "reference long", "engine short");
    assertThat(outcome.results())
        .allSatisfy(
            result -> {
              assertThat(result.rounds()).hasSize(2);
              assertThat(result.tokensPerSecond()).isPositive();
              assertThat(result.cosines().orElseThrow().min()).isGreaterThan(0.999999);
            });
    SideResult engine = outcome.results().get(2);
    assertThat(engine.batch()).isIn(8, 16);
    assertThat(engine.tokens()).isEqualTo(corpora.get(0).tokens(engine.texts()));
  }

  @Test
  void aSideCanBeMeasuredWithEachOfItsBatchesAndOneThatDoesNotWorkTakesNoOtherAlong()
      throws Exception {
    Comparison.Outcome outcome =
        measure(
            engine("reference"),
            java("narrow", NarrowSide.class, gguf.toString(), "1")
                .only("short")
                .withEachBatch(List.of(64, 65, 8)));

    assertThat(outcome.results().stream().map(result -> result.side() + " " + result.batch()))
        .containsExactly("reference 0", "reference 0", "narrow 64", "narrow 8");
    assertThat(outcome.results())
        .allSatisfy(
            result -> {
              assertThat(result.rounds()).hasSize(2);
              assertThat(result.cosines().orElseThrow().min()).isGreaterThan(0.999999);
            });
    assertThat(outcome.notRun())
        .containsExactly(
            Map.entry(
                "narrow, batch 65, short", "java.lang.IllegalStateException: no memory for 65"));
  }

  @Test
  void theNumberOfShortTextsCanBeFixed() throws Exception {
    SideSpec engine = engine("engine").withShortTexts(OptionalInt.of(31));

    assertThat(measure(engine).results().get(0).texts()).isEqualTo(31);
  }

  @Test
  void aSideThatCannotRunIsNamedWithItsReasonAndTheOthersGoOn() throws Exception {
    Comparison.Outcome outcome =
        measure(
            engine("engine").only("short"),
            java("throws", BadSide.class, "throws"),
            java("exits", BadSide.class, "exits"),
            java("truncates", BadSide.class, "truncates"),
            java("missing", BadSide.class).missingBecause(Optional.of("no jars")),
            SideSpec.of("nothing", "no program", List.of(folder.resolve("none").toString())));

    assertThat(outcome.results().stream().map(SideResult::side)).containsExactly("engine");
    assertThat(outcome.notRun())
        .containsEntry("throws", "java.lang.IllegalStateException: no more")
        .containsEntry("exits", "its process ended with 7: the last words")
        .containsEntry("missing", "no jars")
        .hasEntrySatisfying(
            "truncates", reason -> assertThat(reason).startsWith("it saw 1 tokens where"))
        .hasEntrySatisfying(
            "nothing", reason -> assertThat(reason).startsWith("it cannot be started"));
    assertThat(progress.toString(StandardCharsets.UTF_8)).contains("missing does not run: no jars");
  }

  @Test
  void aSideWithOtherVectorsThanTheReferenceHasAReasonToo() throws Exception {
    assertThat(measure(engine("reference"), java("zeros", BadSide.class, "zeros")).notRun())
        .containsEntry("zeros", "its vector of text 0 is no vector");
  }

  @Test
  void textsThatTheModelWouldTruncateAreLeftOut() throws Exception {
    try (TokenCounter counter = new TokenCounter(gguf)) {
      Corpus corpus =
          Corpus.write(
              "file",
              List.of("one\r\ntwo", "dog ".repeat(511), "", "dog ".repeat(510)),
              counter,
              folder);

      assertThat(corpus.size()).isEqualTo(2);
      assertThat(corpus.leftOut()).isEqualTo(1);
      assertThat(corpus.tokens(1)).isEqualTo(4);
      assertThat(corpus.tokens(2)).isEqualTo(4 + 512);
      assertThat(corpus.textsOf(0)).isEqualTo(1);
      assertThat(corpus.textsOf(5)).isEqualTo(2);
      assertThat(corpus.textsOf(1e9)).isEqualTo(2);
      assertThat(Files.readAllLines(corpus.file()).get(0)).isEqualTo("one two");
      assertThatThrownBy(() -> Corpus.write("none", List.of(" "), counter, folder))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("none");
    }
  }
}
