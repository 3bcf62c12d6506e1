package dev.embark.job.progress;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.report.Figures;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Reports progress as a single line: redrawn in place on a terminal, otherwise printed again when
 * it changes.
 */
final class LineProgress implements ProgressView {
  private static final String CLEAR_LINE = "\r\u001b[2K";
  // A wrapped line could not be redrawn, so its end, the least important part, is clipped.
  private static final String CLIP = "\u001b[?7l";
  private static final String WRAP = "\u001b[?7h";
  private static final int REDRAW_MILLIS = 500;
  private static final int LINE_MILLIS = 10_000;

  private final PrintStream err;
  private final boolean drawsOver;
  private final JobFunction function;
  private String drawn = "";

  LineProgress(PrintStream err, boolean drawsOver, JobFunction function) {
    this.err = err;
    this.drawsOver = drawsOver;
    this.function = function;
  }

  @Override
  public int periodMillis() {
    return drawsOver ? REDRAW_MILLIS : LINE_MILLIS;
  }

  @Override
  public void planning(int tasksDone, int tasks) {
    draw("reading the input" + (tasks == 0 ? "" : ": %d of %d tasks".formatted(tasksDone, tasks)));
  }

  @Override
  public void show(RunProgress progress) {
    draw(line(progress));
  }

  String line(RunProgress progress) {
    List<String> parts = new ArrayList<>();
    parts.add(progress.percent() + " %");
    parts.add(
        "%s of %s %s"
            .formatted(
                Figures.count(progress.rows()),
                Figures.count(progress.rowsToDo()),
                function == JobFunction.EMBED ? "rows" : "prompts"));
    if (progress.tokens() > 0) {
      if (function == JobFunction.GENERATE) {
        parts.add(Figures.count(progress.tokens()) + " tokens generated");
      }
      parts.add(Figures.count(Math.round(progress.tokensPerSecond())) + " tokens/s");
    }
    progress
        .secondsLeft()
        .ifPresent(left -> parts.add(Figures.duration(Math.ceil(left)) + " left"));
    if (progress.failed() > 0) {
      parts.add(Figures.count(progress.failed()) + " failed");
    }
    if (progress.waves() > 1) {
      parts.add("wave %d of %d".formatted(progress.wave(), progress.waves()));
    }
    return String.join(", ", parts);
  }

  private void draw(String line) {
    if (drawsOver) {
      err.print(CLEAR_LINE + CLIP + line + WRAP);
      err.flush();
    } else if (!line.equals(drawn)) {
      err.println(line);
    }
    drawn = line;
  }

  @Override
  public void clear() {
    if (drawsOver && !drawn.isEmpty()) {
      err.print(CLEAR_LINE);
      err.flush();
      drawn = "";
    }
  }
}
