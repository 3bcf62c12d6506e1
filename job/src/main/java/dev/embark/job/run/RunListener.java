package dev.embark.job.run;

import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.util.List;

/**
 * Told what a run does, in this order and on the thread that runs it: planned, then for each wave
 * started and committed, then finished. A run that fails or is stopped is ended early instead; if
 * it was not planned yet, only where its output is its own to write to. What a listener throws
 * fails the run.
 */
public interface RunListener {
  /** The input is read and cut into waves. */
  default void planned(RunPlan plan) {}

  /** A wave's texts go to the model. */
  default void waveStarted(int number, long rows) {}

  /** A wave is in the output and in the manifest. */
  default void waveCommitted(WaveResult wave) {}

  /** All waves are in the output; the manifest is about to say that the run is complete. */
  default void finished(JobResult result) {}

  /** The run ends here, with what is in the output by now; its error is thrown after this. */
  default void endedEarly(JobResult soFar, RunEnd end) {}

  /** Tells each of these, in their order. */
  static RunListener all(List<? extends RunListener> listeners) {
    return new RunListener() {
      @Override
      public void planned(RunPlan plan) {
        listeners.forEach(listener -> listener.planned(plan));
      }

      @Override
      public void waveStarted(int number, long rows) {
        listeners.forEach(listener -> listener.waveStarted(number, rows));
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
