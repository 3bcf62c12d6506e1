package dev.embark.notebooks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A notebook in the Databricks source format, split into its cells.
 *
 * <p>With {@code #} for what begins a comment in the notebook's language: the first line is {@code
 * # Databricks notebook source}; {@code # COMMAND ----------} parts the cells; {@code # DBTITLE
 * 1,Title} as the first line of a cell is its title; a cell whose lines all begin with {@code #
 * MAGIC} is of the language that {@code %} names.
 *
 * <p>Immutable, so safe for use from any thread.
 *
 * @param name what it is called in messages
 * @param cells the cells in the order of the file; never empty
 */
record NotebookSource(String name, List<Cell> cells) {

  /**
   * One cell.
   *
   * @param language what the text is
   * @param title the cell's title, empty where it has none
   * @param line the number of the cell's first line in the file that is not blank, from 1
   * @param text the text without title, magic prefixes and blank lines around it; never blank
   */
  record Cell(Language language, String title, int line, String text) {}

  NotebookSource {
    cells = List.copyOf(cells);
  }

  /**
   * Reads a notebook file.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is no notebook source, or has a cell that is empty or of
   *     a language that is none of {@link Language}; the message names the file and the line
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
    Language language =
        Language.ofHeader(lines.isEmpty() ? "" : lines.get(0))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        name
                            + " is not a notebook: its first line must be '-- Databricks notebook"
                            + " source', with // or # for -- in Scala or Python."));
    return new NotebookSource(name, new Reader(name, language, lines).cells());
  }

  /** The cells of a language, in order. */
  List<Cell> cells(Language language) {
    return cells.stream().filter(cell -> cell.language() == language).toList();
  }

  private record Reader(String name, Language language, List<String> lines) {

    List<Cell> cells() {
      List<Cell> cells = new ArrayList<>();
      int start = 1;
      for (int i = 1; i <= lines.size(); i++) {
        if (i == lines.size() || lines.get(i).equals(mark(" COMMAND ----------"))) {
          cells.add(cell(start, i));
          start = i + 1;
        }
      }
      return cells;
    }

    private Cell cell(int from, int to) {
      int first = from;
      while (first < to && lines.get(first).isBlank()) {
        first++;
      }
      String title = "";
      int body = first;
      if (first < to && lines.get(first).startsWith(mark(" DBTITLE 1,"))) {
        title = lines.get(first).substring(mark(" DBTITLE 1,").length()).strip();
        body++;
      }
      List<String> content = lines.subList(body, to);
      String text = String.join("\n", content).strip();
      if (text.isEmpty()) {
        throw empty(from + 1);
      }
      boolean magic = content.stream().anyMatch(line -> line.startsWith(mark(" MAGIC")));
      return magic
          ? magicCell(title, content, first + 1, body + 1)
          : new Cell(language, title, first + 1, text);
    }

    private Cell magicCell(String title, List<String> content, int line, int firstLine) {
      String text = withoutMagic(content, firstLine);
      String word = text.split("\\s", 2)[0];
      Language other =
          Language.ofMagic(word)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          name
                              + " has a cell of '"
                              + word
                              + "' near line "
                              + firstLine
                              + "; cells may be %sql, %scala, %python or %md."));
      String body = text.substring(word.length()).strip();
      if (body.isEmpty()) {
        throw empty(firstLine);
      }
      return new Cell(other, title, line, body);
    }

    private String withoutMagic(List<String> content, int firstLine) {
      List<String> bare = new ArrayList<>();
      for (int i = 0; i < content.size(); i++) {
        String line = content.get(i);
        if (line.startsWith(mark(" MAGIC"))) {
          String rest = line.substring(mark(" MAGIC").length());
          bare.add(rest.startsWith(" ") ? rest.substring(1) : rest);
        } else if (!line.isBlank()) {
          throw new IllegalArgumentException(
              name
                  + " mixes magic lines with others in one cell, at line "
                  + (firstLine + i)
                  + "; part them with '"
                  + mark(" COMMAND ----------")
                  + "'.");
        }
      }
      return String.join("\n", bare).strip();
    }

    private String mark(String text) {
      return language.comment() + text;
    }

    private IllegalArgumentException empty(int line) {
      return new IllegalArgumentException(
          name + " has an empty cell at line " + line + "; remove it or fill it.");
    }
  }
}
