package dev.embark.job.progress;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.ProgressMode;
import dev.embark.job.cli.Terminal;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;

/** Display of a run's progress. Calls are serialised; implementations need not be thread-safe. */
public interface ProgressView {
  /** Returns the update interval in milliseconds. */
  int periodMillis();

  /** The input is being copied and divided into waves. */
  default void planning(int tasksDone, int tasks) {}

  /** The run has been planned. */
  default void planned(RunPlan plan) {}

  /** Progress was measured. */
  default void show(RunProgress progress) {}

  /** A wave has been committed. */
  default void committed(WaveResult wave) {}

  /** All waves have been committed. */
  default void finished(JobResult result) {}

  /** The run has ended, successfully or not; nothing more is shown. */
  default void clear() {}

  /** Returns the view of a progress mode. */
  static ProgressView of(ProgressMode mode, Terminal terminal, JobFunction function) {
    return switch (mode) {
      case AUTO -> new LineProgress(terminal.err(), terminal.interactive(), function);
      case PLAIN -> new LineProgress(terminal.err(), false, function);
      case JSON -> new JsonProgress(terminal.err(), function);
      case NONE -> () -> Integer.MAX_VALUE;
    };
  }
}
