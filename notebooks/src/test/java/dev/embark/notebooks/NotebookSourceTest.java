package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.notebooks.NotebookSource.Cell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotebookSourceTest {

  private static final String NOTEBOOK =
      """
      -- Databricks notebook source
      -- MAGIC %md
      -- MAGIC # Heading
      -- MAGIC
      -- MAGIC   indented `text`

      -- COMMAND ----------

      -- DBTITLE 1,All, of it
      SELECT 1 AS a, -- a remark
        'é' AS b

      -- COMMAND ----------

      SELECT 2
      """;

  @Test
  void partsCellsOfMarkdownAndSqlInOrder() {
    assertThat(NotebookSource.parse("n.sql", NOTEBOOK).cells())
        .containsExactly(
            new Cell(Language.MD, "", 2, "# Heading\n\n  indented `text`"),
            new Cell(Language.SQL, "All, of it", 9, "SELECT 1 AS a, -- a remark\n  'é' AS b"),
            new Cell(Language.SQL, "", 15, "SELECT 2"));
  }

  @Test
  void cellsOfOneLanguageLeaveTheOthersOut() {
    assertThat(NotebookSource.parse("n.sql", NOTEBOOK).cells(Language.SQL))
        .extracting(Cell::line)
        .containsExactly(9, 15);
  }

  @Test
  void windowsLineEndsMakeNoDifference() {
    assertThat(NotebookSource.parse("n.sql", NOTEBOOK.replace("\n", "\r\n")))
        .isEqualTo(NotebookSource.parse("n.sql", NOTEBOOK));
  }

  @Test
  void readsAFileAsUtf8(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("n.sql");
    Files.write(file, NOTEBOOK.getBytes(StandardCharsets.UTF_8));

    assertThat(NotebookSource.read(file)).isEqualTo(NotebookSource.parse("n.sql", NOTEBOOK));
  }

  @Test
  void refusesAFileWithoutTheHeader() {
    assertThatThrownBy(() -> NotebookSource.parse("n.sql", "SELECT 1\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "n.sql is not a notebook: its first line must be '-- Databricks notebook source'");
    assertThatThrownBy(() -> NotebookSource.parse("n.sql", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("n.sql is not a notebook");
  }

  @Test
  void refusesAnEmptyCellAndNamesItsLine() {
    assertThatThrownBy(() -> NotebookSource.parse("n.sql", NOTEBOOK + "\n-- COMMAND ----------\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("n.sql has an empty cell at line 18; remove it or fill it.");
  }

  @Test
  void refusesAMarkdownCellWithNothingInIt() {
    assertThatThrownBy(
            () -> NotebookSource.parse("n.sql", "-- Databricks notebook source\n-- MAGIC %md\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("n.sql has an empty cell at line 2; remove it or fill it.");
  }

  @Test
  void refusesSqlInACellOfMagicLines() {
    assertThatThrownBy(
            () ->
                NotebookSource.parse(
                    "n.sql", "-- Databricks notebook source\n-- MAGIC %md\n-- MAGIC a\nSELECT 1\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at line 4")
        .hasMessageContaining("part them with '-- COMMAND ----------'");
  }

  @Test
  void aCellMayBeOfAnotherLanguageThanItsNotebook() {
    assertThat(
            NotebookSource.parse(
                    "n.py",
                    """
                    # Databricks notebook source
                    x = 1 # of Python

                    # COMMAND ----------

                    # DBTITLE 1,Other
                    # MAGIC %sql
                    # MAGIC SELECT
                    # MAGIC   1
                    """)
                .cells())
        .containsExactly(
            new Cell(Language.PYTHON, "", 2, "x = 1 # of Python"),
            new Cell(Language.SQL, "Other", 6, "SELECT\n  1"));
  }

  @Test
  void aScalaNotebookHasItsCommentsForMarks() {
    assertThat(
            NotebookSource.parse(
                    "n.scala",
                    """
                    // Databricks notebook source
                    val x = 1
                    // COMMAND ----------
                    // MAGIC %md
                    // MAGIC text
                    """)
                .cells())
        .extracting(Cell::language)
        .containsExactly(Language.SCALA, Language.MD);
  }

  @Test
  void refusesACellOfALanguageThatIsNotTested() {
    assertThatThrownBy(
            () ->
                NotebookSource.parse(
                    "n.sql", "-- Databricks notebook source\n-- MAGIC %r\n-- MAGIC 1 + 1\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'%r' near line 2");
  }
}
