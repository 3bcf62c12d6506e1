package dev.embark.job.state;

import java.util.List;

/**
 * Plan of a run, known before the first text reaches the model.
 *
 * @param runId unique id of the run, stable across resumes
 * @param number number of the run among those into its output, from 1
 * @param fingerprint hash of the model and of the options that affect results, in hex
 * @param waves number of waves
 * @param rows rows of all waves, including committed ones
 * @param newRows rows whose id is not in the output; all rows without {@code --id-column}
 * @param changedRows rows whose id is in the output with a different text
 * @param skippedRows rows of the input that are already in the output and in no wave
 * @param deletedRows ids of the output that are missing from the input
 * @param committed waves committed by an earlier, interrupted process of this run
 */
public record RunPlan(
    String runId,
    int number,
    String fingerprint,
    int waves,
    long rows,
    long newRows,
    long changedRows,
    long skippedRows,
    long deletedRows,
    List<WaveResult> committed) {
  /** Plan of a run that ended before planning: without id and fingerprint. */
  public static final RunPlan NONE = new RunPlan("", 0, "", 0, 0, 0, 0, 0, 0, List.of());

  /** Returns whether an earlier process of this run committed waves. */
  public boolean isResumed() {
    return !committed.isEmpty();
  }
}
