package dev.embark.job.cli;

import java.util.List;

/** Names of the columns that a job with {@code --explode-chunks} adds to the vector. */
public final class ChunkColumns {
  /** Number of the chunk in its text, from 0; NULL for a text without chunks. */
  public static final String POSITION = "chunk_position";

  /** Characters of the text before the chunk. */
  public static final String BEGIN = "chunk_begin";

  /** Characters of the text before the end of the chunk. */
  public static final String END = "chunk_end";

  /** Text of the chunk. */
  public static final String TEXT = "chunk_text";

  /** All of them, in the order of the output. */
  public static final List<String> ALL = List.of(POSITION, BEGIN, END, TEXT);

  private ChunkColumns() {}
}
