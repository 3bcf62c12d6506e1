package dev.embark.job.run;

import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.util.List;

/**
 * Observer of a run's progress. Methods are called on the run's thread in this order: planned, then
 * started and committed for each wave, then finished. A run that fails or is stopped calls {@link
 * #endedEarly} instead of finished; before planning it does so only if it may write to the output.
 * An exception thrown by a listener fails the run.
 */
public interface RunListener {
  /** The input has been copied and divided into waves. */
  default void planned(RunPlan plan) {}

  /**
   * A wave's texts are about to be processed.
   *
   * @param number from 0
   * @param waves number of waves of the run, as far as it is known
   * @param rows rows of the wave
   */
  default void waveStarted(int number, int waves, long rows) {}

  /** A wave has been committed to the output and recorded in the log. */
  default void waveCommitted(WaveResult wave) {}

  /** All waves are in the output; the log is about to record the run as complete. */
  default void finished(JobResult result) {}

  /** The run ends early with the waves committed so far; its error is thrown afterwards. */
  default void endedEarly(JobResult soFar, RunEnd end) {}

  /** Returns a listener that calls the given listeners in order. */
  static RunListener all(List<? extends RunListener> listeners) {
    return new RunListener() {
      @Override
      public void planned(RunPlan plan) {
        listeners.forEach(listener -> listener.planned(plan));
      }

      @Override
      public void waveStarted(int number, int waves, long rows) {
        listeners.forEach(listener -> listener.waveStarted(number, waves, rows));
      }

      @Override
      public void waveCommitted(WaveResult wave) {
        listeners.forEach(listener -> listener.waveCommitted(wave));
      }

      @Override
      public void finished(JobResult result) {
        listeners.forEach(listener -> listener.finished(result));
      }

      @Override
      public void endedEarly(JobResult soFar, RunEnd end) {
        listeners.forEach(listener -> listener.endedEarly(soFar, end));
      }
    };
  }
}
