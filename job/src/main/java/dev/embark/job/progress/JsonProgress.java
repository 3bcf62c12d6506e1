package dev.embark.job.progress;

import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.Secrets;
import dev.embark.job.report.ReportJson;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.io.PrintStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reports progress as JSON for programs, one object per line. Existing keys are stable, new ones
 * may be added; {@code progress.schema.json} specifies them.
 */
final class JsonProgress implements ProgressView {
  private static final int LINE_MILLIS = 2000;
  private static final List<RowCounter> COUNTERS =
      List.of(RowCounter.ROWS, RowCounter.DONE, RowCounter.FAILED, RowCounter.TOKENS);

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
    event.put("added", plan.input().added());
    event.put("changed", plan.input().changed());
    event.put("updated", plan.input().updated());
    event.put("skipped", plan.input().skipped());
    event.put("deleted", plan.input().deleted());
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
    putCounts(event, wave.totals().counts());
    print(event);
  }

  @Override
  public void finished(JobResult result) {
    Map<String, Object> event = event("finished");
    event.put("seconds", rounded(result.took().toMillis() / 1e3));
    putCounts(event, result.counts());
    event.put("output", Secrets.redacted(result.output()));
    print(event);
  }

  private static void putCounts(Map<String, Object> event, RowCounts counts) {
    for (RowCounter counter : COUNTERS) {
      event.put(counter.key(), counter.of(counts));
    }
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
