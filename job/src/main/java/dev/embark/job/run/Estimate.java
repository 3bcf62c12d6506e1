package dev.embark.job.run;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.ProgressMode;
import dev.embark.job.report.Cost;
import dev.embark.job.report.Figures;
import dev.embark.job.report.ReportJson;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Dry-run estimate, extrapolated from a sample of the rows that a run would process.
 *
 * @param rows rows of the input; exact
 * @param skipped rows of the input that are already in the output
 * @param sampled sampled rows
 * @param withoutText rows whose text is NULL
 * @param failing rows whose text would have no result
 * @param tokens tokens that the model would read or, with {@code --function generate}, generate
 * @param tokensPerSecond throughput of this cluster with the model; 0 if no text has a result
 * @param bytes bytes that would be added to the output
 * @param cost cost of the computing time, if the price of a core is known
 */
public record Estimate(
    long rows,
    long skipped,
    int sampled,
    long withoutText,
    long failing,
    long tokens,
    double tokensPerSecond,
    long bytes,
    Optional<Cost> cost) {

  /** Returns the computing time in seconds; 0 without tokens. */
  public double seconds() {
    return tokens == 0 ? 0 : tokens / tokensPerSecond;
  }

  /** Returns the estimate with its cost. */
  Estimate priced(double price, int cores) {
    return new Estimate(
        rows,
        skipped,
        sampled,
        withoutText,
        failing,
        tokens,
        tokensPerSecond,
        bytes,
        Optional.of(Cost.of(price, cores, seconds(), rows - skipped)));
  }

  /** Prints the estimate as text or, with JSON progress, as one JSON object. */
  public void print(PrintStream out, ProgressMode mode, JobFunction function) {
    if (mode == ProgressMode.JSON) {
      out.println(ReportJson.line(figures()));
    } else {
      printLines(out, function);
    }
    out.flush();
  }

  /** Prints one figure per line, its name and value separated by a tab. */
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
    cost.ifPresent(priced -> priced.print(out, ", about"));
  }

  private static void printIfAny(PrintStream out, String name, long count) {
    if (count > 0) {
      out.println(name + "\t" + Figures.count(count));
    }
  }

  /** Returns the figures under the names of the JSON output. */
  public Map<String, Object> figures() {
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
    cost.ifPresent(priced -> priced.addTo(figures));
    return figures;
  }
}
