package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.notebooks.NotebookSource.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EveryNotebookTest {

  static List<Path> notebooks() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(""))) {
      return files.filter(file -> file.toString().matches("\\d\\d_.*")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void isExecutedByATest(Path file) throws IOException {
    if (isOfPythonAlone(file)) {
      assertThat(Files.readString(Path.of("../python/tests/test_notebooks.py")))
          .contains("\"" + file + "\"");
      NotebookSource.read(file).cells(Language.PYTHON).stream()
          .map(Cell::text)
          .forEach(PythonCells::compile);
      return;
    }
    String call = "Notebook.run(\"" + file + "\"";
    try (Stream<Path> tests = Files.walk(Path.of("src/test/java"))) {
      List<String> sources =
          tests
              .filter(test -> test.toString().endsWith("Test.java"))
              .map(EveryNotebookTest::read)
              .map(source -> source.replaceAll("\\(\\s+", "("))
              .toList();
      assertThat(sources).as("a test that calls %s", call).anyMatch(s -> s.contains(call));
    }
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void beginsWithAHeadingAndEveryCellOfCodeHasATitleOfItsOwn(Path file) throws IOException {
    List<Cell> cells = NotebookSource.read(file).cells();

    assertThat(cells.get(0).language()).isEqualTo(Language.MD);
    assertThat(cells.get(0).text()).startsWith("# ");
    assertThat(cells.stream().filter(cell -> cell.language() != Language.MD))
        .extracting(Cell::title)
        .isNotEmpty()
        .doesNotContain("")
        .doesNotHaveDuplicates();
  }

  /** Whether PySpark alone can execute the notebook, since its SQL needs what Python cells make. */
  private static boolean isOfPythonAlone(Path file) {
    return file.toString().equals("08_python_job.py");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
