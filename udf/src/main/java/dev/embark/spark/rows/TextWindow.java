package dev.embark.spark.rows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A window of rows that holds each distinct text once: a row with a repeated text refers to the
 * first row with the same text. Not thread-safe.
 */
public final class TextWindow {
  private static final Integer NULL = -1;

  private final List<byte[]> texts = new ArrayList<>(); // one per row; null for NULL and repeats
  private final List<Integer> sources = new ArrayList<>(); // one per row
  private final Map<UTF8String, Integer> known = new HashMap<>();

  /**
   * Adds a row.
   *
   * @param utf8 the text, which is retained; null for NULL
   */
  public void add(byte[] utf8) {
    int row = sources.size();
    Integer source = utf8 == null ? NULL : known.putIfAbsent(UTF8String.fromBytes(utf8), row);
    sources.add(source == null ? (Integer) row : source);
    texts.add(source == null ? utf8 : null);
  }

  /** The distinct texts in UTF-8, one entry per row; null for NULL and for a repeated text. */
  public List<byte[]> texts() {
    return texts;
  }

  /** Number of rows. */
  public int size() {
    return sources.size();
  }

  /** Whether the row's text is NULL. */
  public boolean isNull(int row) {
    return sources.get(row).equals(NULL);
  }

  /** The first row with the same text; must not be called for a {@link #isNull NULL} row. */
  public int source(int row) {
    return sources.get(row);
  }

  /** Number of rows whose text occurs earlier in the window. */
  public int repeats() {
    return (int) sources.stream().filter(source -> !source.equals(NULL)).count() - known.size();
  }

  public void clear() {
    texts.clear();
    sources.clear();
    known.clear();
  }
}
