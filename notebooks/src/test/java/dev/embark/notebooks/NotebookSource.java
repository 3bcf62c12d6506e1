package dev.embark.notebooks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A SQL notebook in the Databricks source format, parted into its cells.
 *
 * <p>The first line is {@code -- Databricks notebook source}; {@code -- COMMAND ----------} parts
 * the cells; {@code -- DBTITLE 1,Title} as the first line of a cell is its title; a cell whose
 * lines all begin with {@code -- MAGIC} is of the language that {@code %} names, here always {@code
 * %md}.
 *
 * <p>Immutable, so safe for use from any thread.
 *
 * @param cells the cells in the order of the file; never empty
 */
record NotebookSource(List<Cell> cells) {

  private static final String HEADER = "-- Databricks notebook source";
  private static final String SEPARATOR = "-- COMMAND ----------";
  private static final String TITLE = "-- DBTITLE 1,";
  private static final String MAGIC = "-- MAGIC";
  private static final String MARKDOWN = "%md";

  /** What a cell holds. */
  enum Kind {
    MARKDOWN,
    SQL
  }

  /**
   * One cell.
   *
   * @param kind what the text is
   * @param title the cell's title, empty where it has none
   * @param line the number of the cell's first line in the file that is not blank, from 1
   * @param text the text without title, magic prefixes and blank lines around it; never blank
   */
  record Cell(Kind kind, String title, int line, String text) {}

  NotebookSource {
    cells = List.copyOf(cells);
  }

  /**
   * Reads a notebook file.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is no notebook source, or has a cell that is empty or
   *     neither SQL nor markdown; the message names the file and the line
   */
  static NotebookSource read(Path file) throws IOException {
    return parse(file.getFileName().toString(), Files.readString(file));
  }

  /**
   * Parts the text of a notebook into cells.
   *
   * @param name what to call the notebook in messages
   * @throws IllegalArgumentException as {@link #read} does
   */
  static NotebookSource parse(String name, String source) {
    List<String> lines = source.lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw new IllegalArgumentException(
          name + " is not a SQL notebook: its first line must be '" + HEADER + "'.");
    }
    List<Cell> cells = new ArrayList<>();
    int start = 1;
    for (int i = 1; i <= lines.size(); i++) {
      if (i == lines.size() || lines.get(i).equals(SEPARATOR)) {
        cells.add(cell(name, lines, start, i));
        start = i + 1;
      }
    }
    return new NotebookSource(cells);
  }

  /** The cells of SQL, in order. */
  List<Cell> sql() {
    return cells.stream().filter(cell -> cell.kind() == Kind.SQL).toList();
  }

  private static Cell cell(String name, List<String> lines, int from, int to) {
    int first = from;
    while (first < to && lines.get(first).isBlank()) {
      first++;
    }
    String title = "";
    int body = first;
    if (first < to && lines.get(first).startsWith(TITLE)) {
      title = lines.get(first).substring(TITLE.length()).strip();
      body++;
    }
    List<String> content = lines.subList(body, to);
    String text = String.join("\n", content).strip();
    if (text.isEmpty()) {
      throw new IllegalArgumentException(
          name + " has an empty cell at line " + (from + 1) + "; remove it or fill it.");
    }
    boolean magic = content.stream().anyMatch(line -> line.startsWith(MAGIC));
    return magic
        ? new Cell(Kind.MARKDOWN, title, first + 1, markdown(name, content, body + 1))
        : new Cell(Kind.SQL, title, first + 1, text);
  }

  private static String markdown(String name, List<String> content, int firstLine) {
    List<String> bare = new ArrayList<>();
    for (int i = 0; i < content.size(); i++) {
      String line = content.get(i);
      if (line.startsWith(MAGIC)) {
        bare.add(line.substring(MAGIC.length()).strip());
      } else if (!line.isBlank()) {
        throw new IllegalArgumentException(
            name
                + " mixes magic lines with others in one cell, at line "
                + (firstLine + i)
                + "; part them with '"
                + SEPARATOR
                + "'.");
      }
    }
    String text = String.join("\n", bare).strip();
    String command = text.split("\\s", 2)[0];
    if (!command.equals(MARKDOWN)) {
      throw new IllegalArgumentException(
          name
              + " has a cell of '"
              + command
              + "' near line "
              + firstLine
              + "; a SQL notebook may hold SQL and "
              + MARKDOWN
              + " only.");
    }
    String markdown = text.substring(MARKDOWN.length()).strip();
    if (markdown.isEmpty()) {
      throw new IllegalArgumentException(
          name + " has an empty cell at line " + firstLine + "; remove it or fill it.");
    }
    return markdown;
  }
}
