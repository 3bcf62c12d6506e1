package dev.embark.job.run;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.Secrets;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What a run did, over all its processes if it was resumed.
 *
 * @param plan what it was to do
 * @param waves all waves, in their order
 * @param took wall time of this process from reading the input to the last commit
 * @param output where the output lies: a path with its file system, or the name of a table
 * @param stateFolder {@code _embark/}: manifest, quarantine and report lie here
 */
public record JobResult(
    RunPlan plan, List<WaveResult> waves, Duration took, String output, String stateFolder) {

  /** What became of the rows of all waves. */
  public RunTotals totals() {
    return waves.stream().map(WaveResult::totals).reduce(RunTotals.NONE, RunTotals::plus);
  }

  /** What became of the rows of the waves of this process. */
  private RunTotals totalsNow() {
    return waves.stream()
        .skip(plan.committed().size())
        .map(WaveResult::totals)
        .reduce(RunTotals.NONE, RunTotals::plus);
  }

  /** Returns the tokens encoded, or generated, in a second of this process's wall time. */
  public double tokensPerSecond() {
    return totalsNow().tokens() / Math.max(took.toNanos() / 1e9, 1e-9);
  }

  /** Prints a line for each figure, name and value parted by a tab, and what is worth a warning. */
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

  private static void printIfAny(PrintStream out, String name, long count) {
    if (count > 0) {
      out.println(name + "\t" + count);
    }
  }
}
