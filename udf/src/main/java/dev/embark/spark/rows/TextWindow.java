package dev.embark.spark.rows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The texts of a few rows, each distinct one once: a row whose text came before points to the row
 * where it did. For one thread.
 */
public final class TextWindow {
  private static final Integer NULL = -1;

  private final List<byte[]> texts = new ArrayList<>(); // a row each; null for NULL and repeats
  private final List<Integer> sources = new ArrayList<>(); // a row each
  private final Map<UTF8String, Integer> known = new HashMap<>();

  /**
   * Adds a row.
   *
   * @param utf8 its text, which is kept; null for NULL
   */
  public void add(byte[] utf8) {
    int row = sources.size();
    Integer source = utf8 == null ? NULL : known.putIfAbsent(UTF8String.fromBytes(utf8), row);
    sources.add(source == null ? (Integer) row : source);
    texts.add(source == null ? utf8 : null);
  }

  /** What to embed: of each row its text in UTF-8; null for NULL and for a repeated text. */
  public List<byte[]> texts() {
    return texts;
  }

  /** Number of rows. */
  public int size() {
    return sources.size();
  }

  /** Whether the row has no text. */
  public boolean isNull(int row) {
    return sources.get(row).equals(NULL);
  }

  /** The first row with the text of this one, which is not {@link #isNull NULL}. */
  public int source(int row) {
    return sources.get(row);
  }

  /** Rows whose text came before. */
  public int repeats() {
    return (int) sources.stream().filter(source -> !source.equals(NULL)).count() - known.size();
  }

  public void clear() {
    texts.clear();
    sources.clear();
    known.clear();
  }
}
