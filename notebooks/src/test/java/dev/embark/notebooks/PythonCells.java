package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Checks of a Python cell without PySpark: whether it compiles, and the SQL in it. */
final class PythonCells {
  private static final Pattern SQL =
      Pattern.compile(
          "spark\\.sql\\(\\s*(?:\"\"\"(?<block>.*?)\"\"\"|\"(?<line>[^\"\\n]*)\")", Pattern.DOTALL);
  private static final boolean HAS_PYTHON = hasPython();

  private PythonCells() {}

  /** The statements handed to {@code spark.sql}, in order. */
  static List<String> sql(String cell) {
    return SQL.matcher(cell).results().map(PythonCells::statement).map(String::strip).toList();
  }

  private static String statement(MatchResult result) {
    return result.group(1) == null ? result.group(2) : result.group(1);
  }

  /** Fails if {@code python3} cannot compile the cell; does nothing where there is no python3. */
  static void compile(String cell) {
    if (!HAS_PYTHON) {
      return;
    }
    try {
      Path file = Files.createTempFile("cell", ".py");
      try {
        Files.writeString(file, cell);
        Process process =
            new ProcessBuilder(
                    "python3",
                    "-c",
                    "import sys; compile(open(sys.argv[1]).read(), 'cell', 'exec')",
                    file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Whether there is a python3 on this machine. */
  static boolean hasPython() {
    try {
      Process process = new ProcessBuilder("python3", "--version").start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
