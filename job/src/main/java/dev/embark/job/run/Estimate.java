package dev.embark.job.run;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.ProgressMode;
import dev.embark.job.report.Figures;
import dev.embark.job.report.ReportJson;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run would do, as far as a sample tells. What is estimated is of the rows that it would
 * embed.
 *
 * @param rows of the input; exact
 * @param skipped of these, rows that are in the output already
 * @param sampled rows that were looked at
 * @param withoutText rows whose text is NULL
 * @param failing rows whose text would have no result
 * @param tokens that the model would see or, with --function generate, generate
 * @param tokensPerSecond of this cluster with that model; 0 if no text has a result
 * @param bytes that it would add to the output
 */
public record Estimate(
    long rows,
    long skipped,
    int sampled,
    long withoutText,
    long failing,
    long tokens,
    double tokensPerSecond,
    long bytes) {

  /** Returns how long the model would be at work; 0 for no tokens. */
  public double seconds() {
    return tokens == 0 ? 0 : tokens / tokensPerSecond;
  }

  /** Prints for a person, or one JSON object for a program that also gets its progress as JSON. */
  public void print(PrintStream out, ProgressMode mode, JobFunction function) {
    if (mode == ProgressMode.JSON) {
      printJson(out);
    } else {
      printLines(out, function);
    }
    out.flush();
  }

  /** A line for each figure, name and value parted by a tab. */
  private void printLines(PrintStream out, JobFunction function) {
    out.println("rows\t" + Figures.count(rows));
    printIfAny(out, "rows already there", skipped);
    out.println("rows sampled\t" + Figures.count(sampled));
    printIfAny(out, "rows without text, about", withoutText);
    printIfAny(out, "rows that would fail, about", failing);
    out.println(function.tokens() + ", about\t" + Figures.count(tokens));
    if (tokens > 0) {
      out.println(
          function.tokens() + "/s here, about\t" + Figures.count(Math.round(tokensPerSecond)));
    }
    out.println("time, about\t" + Figures.duration(seconds()));
    out.println("output size, about\t" + Figures.bytes(bytes));
  }

  private static void printIfAny(PrintStream out, String name, long count) {
    if (count > 0) {
      out.println(name + "\t" + Figures.count(count));
    }
  }

  private void printJson(PrintStream out) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("rows", rows);
    figures.put("skipped", skipped);
    figures.put("sampled", sampled);
    figures.put("withoutText", withoutText);
    figures.put("failing", failing);
    figures.put("tokens", tokens);
    figures.put("tokensPerSecond", Math.round(tokensPerSecond));
    figures.put("seconds", Math.round(seconds() * 10) / 10.0);
    figures.put("bytes", bytes);
    out.println(ReportJson.line(figures));
  }
}
