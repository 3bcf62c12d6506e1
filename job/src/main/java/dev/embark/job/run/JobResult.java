package dev.embark.job.run;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.Secrets;
import dev.embark.job.report.Cost;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Result of a run, including the waves committed by earlier processes if it was resumed.
 *
 * @param plan the run's plan
 * @param waves all waves in order
 * @param took wall time of this process, from reading the input to the last commit
 * @param output the output: a path with its file system, or the name of a table
 * @param stateFolder path of {@code _embark/}, which holds the log, the quarantine and the report
 * @param cost cost of this process, if the price of a core is known
 */
public record JobResult(
    RunPlan plan,
    List<WaveResult> waves,
    Duration took,
    String output,
    String stateFolder,
    Optional<Cost> cost) {

  /** Returns the totals of all waves. */
  public RunTotals totals() {
    return waves.stream().map(WaveResult::totals).reduce(RunTotals.NONE, RunTotals::plus);
  }

  /** Returns the counts of all waves. */
  public RowCounts counts() {
    return WaveResult.counts(waves);
  }

  /** Returns the counts of the waves of this process. */
  public RowCounts countsNow() {
    return WaveResult.counts(waves.subList(plan.committed().size(), waves.size()));
  }

  /**
   * Returns the throughput of this process: tokens encoded or generated per second of wall time.
   */
  public double tokensPerSecond() {
    return countsNow().tokens() / Math.max(took.toNanos() / 1e9, 1e-9);
  }

  /**
   * Prints one figure per line, its name and value separated by a tab. Warning figures are printed
   * only if they are not zero.
   */
  public void print(PrintStream out, JobFunction function) {
    RowCounts counts = counts();
    out.println("rows\t" + counts.rows());
    out.println(function.tokens() + "\t" + counts.tokens());
    out.println(function.tokens() + "/s\t" + Math.round(tokensPerSecond()));
    out.println("seconds\t" + String.format(Locale.ROOT, "%.1f", took.toMillis() / 1e3));
    if (plan.comparison().isWorthReporting()) {
      out.println("compared\t" + plan.comparison().title());
      out.println("rows compared\t" + plan.comparison().rowsRead());
    }
    printIfAny(out, "rows already there", plan.input().skipped());
    printIfAny(out, "rows changed", plan.input().changed());
    printIfAny(out, "rows updated", plan.input().updated());
    printIfAny(out, "ids no longer in the input", plan.input().deleted());
    printIfAny(out, "rows without text", counts.nulls());
    printIfAny(
        out,
        function == JobFunction.EMBED ? "rows truncated" : "answers cut by maxTokens",
        counts.truncated());
    printIfAny(out, "rows deduplicated", counts.deduplicated());
    printIfAny(out, "rows failed", counts.failed());
    cost.ifPresent(priced -> priced.print(out, ""));
    out.println("output\t" + Secrets.redacted(output));
    out.flush();
  }

  /** Returns the figures and places of the run, by the names that other languages show. */
  public Map<String, Object> figures() {
    RowCounts counts = counts();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("output", Secrets.redacted(output));
    figures.put("stateFolder", Secrets.redacted(stateFolder));
    figures.put("rows", counts.rows());
    figures.put("tokens", counts.tokens());
    figures.put("nullRows", counts.nulls());
    figures.put("truncatedRows", counts.truncated());
    figures.put("deduplicatedRows", counts.deduplicated());
    figures.put("failedRows", counts.failed());
    figures.put("skippedRows", plan.input().skipped());
    figures.put("changedRows", plan.input().changed());
    figures.put("updatedRows", plan.input().updated());
    figures.put("deletedRows", plan.input().deleted());
    if (plan.comparison().isWorthReporting()) {
      figures.put("compared", plan.comparison().title());
      figures.put("comparedRows", plan.comparison().rowsRead());
    }
    figures.put("tokensPerSecond", Math.round(tokensPerSecond()));
    figures.put("seconds", took.toMillis() / 1e3);
    cost.ifPresent(priced -> priced.addTo(figures));
    return figures;
  }

  private static void printIfAny(PrintStream out, String name, long count) {
    if (count > 0) {
      out.println(name + "\t" + count);
    }
  }
}
