package dev.embark.job.state;

import java.util.List;
import java.util.Map;

/**
 * Plan of a run, known before the first text reaches the model.
 *
 * @param runId unique id of the run, stable across resumes
 * @param number number of the run among those into its output, from 1
 * @param fingerprint hash of the model and of the options that affect results, in hex
 * @param options options of the call that computes the results, with the prompt of its role; empty
 *     before the call is known
 * @param waves number of waves, an estimate unless {@code --rows-per-wave} is set or all are
 *     committed
 * @param rows rows of all waves, including committed ones
 * @param input comparison of the input with the output before the run
 * @param comparison which rows of the input were compared
 * @param committed waves committed by an earlier, interrupted process of this run
 */
public record RunPlan(
    String runId,
    int number,
    String fingerprint,
    Map<String, String> options,
    int waves,
    long rows,
    Manifest.Counts input,
    Manifest.Comparison comparison,
    List<WaveResult> committed) {
  /** Plan of a run that ended before planning: without id and fingerprint. */
  public static final RunPlan NONE =
      new RunPlan(
          "",
          0,
          "",
          Map.of(),
          0,
          0,
          new Manifest.Counts(0, 0, 0, 0, 0),
          Manifest.Comparison.NONE,
          List.of());

  /** Returns this plan with the options of the call. */
  public RunPlan with(Map<String, String> call) {
    return new RunPlan(runId, number, fingerprint, call, waves, rows, input, comparison, committed);
  }

  /** Returns this plan with another number of waves. */
  public RunPlan withWaves(int known) {
    return new RunPlan(
        runId, number, fingerprint, options, known, rows, input, comparison, committed);
  }

  /** Returns whether an earlier process of this run committed waves. */
  public boolean isResumed() {
    return !committed.isEmpty();
  }
}
