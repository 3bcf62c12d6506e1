package dev.embark.engine.jinja.values;

import java.time.Instant;

/**
 * State of one rendering of a template: its output and what it may still spend. Not thread-safe.
 */
public final class Rendering {
  private static final long MAX_STEPS = 200_000;
  private static final int MAX_DEPTH = 64;
  // A step on a long string or list costs more than one on a short one.
  private static final int FREE_LENGTH = 64;

  private final Instant now;
  private TextBuilder output = new TextBuilder();
  private long stepsLeft;
  private int depth;

  /**
   * Creates the state.
   *
   * @param now what the template takes as the present time
   * @param inputLength characters of the values that the template is given
   */
  public Rendering(Instant now, long inputLength) {
    this.now = now;
    this.stepsLeft = MAX_STEPS + inputLength;
  }

  public Instant now() {
    return now;
  }

  public void step() {
    spend(1);
  }

  /** Counts a step that reads the whole value. */
  public void stepOver(Object value) {
    spend(1 + Values.size(value) / FREE_LENGTH);
  }

  private void spend(long steps) {
    stepsLeft -= steps;
    if (stepsLeft < 0) {
      throw new JinjaException("it takes more than " + MAX_STEPS + " steps");
    }
  }

  public void write(Text text) {
    stepOver(text);
    output.append(text);
  }

  /** Returns what {@code writer} writes instead of writing it to the output. */
  public Text capture(Runnable writer) {
    TextBuilder outer = output;
    output = new TextBuilder();
    depth++;
    try {
      if (depth > MAX_DEPTH) {
        throw new JinjaException("its macros call one another too deeply");
      }
      writer.run();
      return output.build();
    } finally {
      depth--;
      output = outer;
    }
  }

  /** Returns the output. */
  public Text output() {
    return output.build();
  }
}
