package dev.embark.bench.side;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SideMainTest {

  /** Its vectors are the lengths of the texts; "boom" fails. */
  public static final class LengthSide implements Side {
    private static boolean closed;

    private final float factor;

    @SuppressWarnings("StaticAssignmentInConstructor") // SideMain makes the instance
    public LengthSide(List<String> arguments) {
      factor = Float.parseFloat(arguments.get(0));
      closed = false;
    }

    @Override
    public Work prepare(String name, List<String> texts, int batch) {
      return new Work() {
        @Override
        public long run() {
          if (texts.contains("boom")) {
            throw new IllegalStateException("a reason\nand a trace");
          }
          return texts.size() * 10L + batch;
        }

        @Override
        public float[][] vectors() {
          return texts.stream()
              .map(text -> new float[] {factor * text.length(), -1})
              .toArray(float[][]::new);
        }
      };
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @TempDir Path folder;
  private Path texts;

  @BeforeEach
  void write() throws IOException {
    texts = folder.resolve("texts");
    Files.writeString(texts, "ä\nbbb\nboom\n");
  }

  private List<String> serve(String className, String argument, String... commands) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SideMain.serve(
        List.of(className, argument),
        new BufferedReader(new StringReader(String.join("\n", commands))),
        new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private String prepare(int count, int batch) {
    return "prepare\tn\t" + texts + "\t" + count + "\t" + batch;
  }

  @Test
  void aRunAnswersWithItsTokens() {
    assertThat(serve(LengthSide.class.getName(), "1", prepare(2, 7), "run\tn", "quit", "run\tn"))
        .containsExactly("@side\tready", "@side\tdone\t0", "@side\tdone\t27");
  }

  @Test
  void vectorsArriveInTheOrderOfTheTexts() throws IOException {
    Path out = folder.resolve("vectors");

    serve(LengthSide.class.getName(), "0.5", prepare(2, 0), "vectors\tn\t" + out);

    assertThat(Vectors.read(out)).isDeepEqualTo(new float[][] {{0.5f, -1}, {1.5f, -1}});
  }

  @Test
  void aFailureIsOneLineAndTheSideGoesOn() {
    assertThat(
            serve(
                LengthSide.class.getName(), "1", prepare(3, 0), "run\tn", prepare(1, 0), "run\tn"))
        .containsExactly(
            "@side\tready",
            "@side\tdone\t0",
            "@side\tfailed\tjava.lang.IllegalStateException: a reason",
            "@side\tdone\t0",
            "@side\tdone\t10");
  }

  @Test
  void theSideIsClosedWhenItsCommandsEnd() {
    serve(LengthSide.class.getName(), "1");
    assertThat(LengthSide.closed).isTrue();
  }

  @Test
  void aSideThatCannotStartSaysWhy() {
    assertThat(serve(LengthSide.class.getName(), "no number"))
        .containsExactly(
            "@side\tfailed\tjava.lang.NumberFormatException: For input string: \"no number\"");
    assertThat(serve("no.such.Side", "").get(0)).startsWith("@side\tfailed\t").contains("no.such");
  }
}
