package dev.embark.job.run;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.Secrets;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Result of a run, including the waves committed by earlier processes if it was resumed.
 *
 * @param plan the run's plan
 * @param waves all waves in order
 * @param took wall time of this process, from reading the input to the last commit
 * @param output the output: a path with its file system, or the name of a table
 * @param stateFolder path of {@code _embark/}, which holds the manifest, the quarantine and the
 *     report
 */
public record JobResult(
    RunPlan plan, List<WaveResult> waves, Duration took, String output, String stateFolder) {

  /** Returns the totals of all waves. */
  public RunTotals totals() {
    return waves.stream().map(WaveResult::totals).reduce(RunTotals.NONE, RunTotals::plus);
  }

  /** Returns the totals of the waves of this process. */
  private RunTotals totalsNow() {
    return waves.stream()
        .skip(plan.committed().size())
        .map(WaveResult::totals)
        .reduce(RunTotals.NONE, RunTotals::plus);
  }

  /**
   * Returns the throughput of this process: tokens encoded or generated per second of wall time.
   */
  public double tokensPerSecond() {
    return totalsNow().tokens() / Math.max(took.toNanos() / 1e9, 1e-9);
  }

  /**
   * Prints one figure per line, its name and value separated by a tab. Warning figures are printed
   * only if they are not zero.
   */
  public void print(PrintStream out, JobFunction function) {
    RunTotals totals = totals();
    out.println("rows\t" + totals.rows());
    out.println(function.tokens() + "\t" + totals.tokens());
    out.println(function.tokens() + "/s\t" + Math.round(tokensPerSecond()));
    out.println("seconds\t" + String.format(Locale.ROOT, "%.1f", took.toMillis() / 1e3));
    printIfAny(out, "rows already there", plan.skippedRows());
    printIfAny(out, "rows changed", plan.changedRows());
    printIfAny(out, "ids no longer in the input", plan.deletedRows());
    printIfAny(out, "rows without text", totals.nullRows());
    printIfAny(
        out,
        function == JobFunction.EMBED ? "rows truncated" : "answers cut by maxTokens",
        totals.truncatedRows());
    printIfAny(out, "rows deduplicated", totals.deduplicatedRows());
    printIfAny(out, "rows failed", totals.failedRows());
    out.println("output\t" + Secrets.redacted(output));
    out.flush();
  }

  /** Returns the figures and places of the run, by the names that other languages show. */
  public Map<String, Object> figures() {
    RunTotals totals = totals();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("output", Secrets.redacted(output));
    figures.put("stateFolder", Secrets.redacted(stateFolder));
    figures.put("rows", totals.rows());
    figures.put("tokens", totals.tokens());
    figures.put("nullRows", totals.nullRows());
    figures.put("truncatedRows", totals.truncatedRows());
    figures.put("deduplicatedRows", totals.deduplicatedRows());
    figures.put("failedRows", totals.failedRows());
    figures.put("skippedRows", plan.skippedRows());
    figures.put("changedRows", plan.changedRows());
    figures.put("deletedRows", plan.deletedRows());
    figures.put("tokensPerSecond", Math.round(tokensPerSecond()));
    figures.put("seconds", took.toMillis() / 1e3);
    return figures;
  }

  private static void printIfAny(PrintStream out, String name, long count) {
    if (count > 0) {
      out.println(name + "\t" + count);
    }
  }
}
