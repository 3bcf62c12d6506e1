package dev.embark.job.progress;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.Secrets;
import dev.embark.job.report.ReportJson;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.io.PrintStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reports progress as JSON for programs, one object per line. Existing keys are stable, new ones
 * may be added; {@code progress.schema.json} specifies them.
 */
final class JsonProgress implements ProgressView {
  private static final int LINE_MILLIS = 2000;

  private final PrintStream err;
  private final JobFunction function;

  JsonProgress(PrintStream err, JobFunction function) {
    this.err = err;
    this.function = function;
  }

  @Override
  public int periodMillis() {
    return LINE_MILLIS;
  }

  @Override
  public void planned(RunPlan plan) {
    Map<String, Object> event = event("planned");
    event.put("run", plan.runId());
    event.put("function", function.toString());
    event.put("fingerprint", plan.fingerprint());
    event.put("waves", plan.waves());
    event.put("wavesCommitted", plan.committed().size());
    event.put("rows", plan.rows());
    event.put("added", plan.newRows());
    event.put("changed", plan.changedRows());
    event.put("skipped", plan.skippedRows());
    event.put("deleted", plan.deletedRows());
    print(event);
  }

  @Override
  public void show(RunProgress progress) {
    Map<String, Object> event = event("progress");
    event.put("wave", progress.wave());
    event.put("waves", progress.waves());
    event.put("rows", progress.rows());
    event.put("rowsToDo", progress.rowsToDo());
    event.put("percent", progress.percent());
    event.put("failed", progress.failed());
    event.put("tokens", progress.tokens());
    event.put("tokensPerSecond", Math.round(progress.tokensPerSecond()));
    event.put("seconds", rounded(progress.seconds()));
    progress.secondsLeft().ifPresent(left -> event.put("secondsLeft", rounded(left)));
    print(event);
  }

  @Override
  public void committed(WaveResult wave) {
    Map<String, Object> event = event("committed");
    event.put("wave", wave.number() + 1);
    event.put("seconds", rounded(wave.took().toMillis() / 1e3));
    putTotals(event, wave.totals());
    print(event);
  }

  @Override
  public void finished(JobResult result) {
    Map<String, Object> event = event("finished");
    event.put("seconds", rounded(result.took().toMillis() / 1e3));
    putTotals(event, result.totals());
    event.put("output", Secrets.redacted(result.output()));
    print(event);
  }

  private static void putTotals(Map<String, Object> event, RunTotals totals) {
    event.put("rows", totals.rows());
    event.put("embedded", totals.embeddedRows());
    event.put("failed", totals.failedRows());
    event.put("tokens", totals.tokens());
  }

  private static double rounded(double seconds) {
    return Math.round(seconds * 10) / 10.0;
  }

  private static Map<String, Object> event(String name) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    event.put("time", Instant.now().toString());
    return event;
  }

  private void print(Map<String, Object> event) {
    err.println(ReportJson.line(event));
  }
}
