package dev.embark.job.progress;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.ProgressMode;
import dev.embark.job.cli.Terminal;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;

/** Shows a run while it goes on. Told by one thread at a time. */
public interface ProgressView {
  /** Returns after how many milliseconds a person or program wants to hear more. */
  int periodMillis();

  /** The input is being read and cut into waves. */
  default void planning(int tasksDone, int tasks) {}

  /** It is known what there is to do. */
  default void planned(RunPlan plan) {}

  /** It went on. */
  default void show(RunProgress progress) {}

  /** A wave is in the output. */
  default void committed(WaveResult wave) {}

  /** All waves are. */
  default void finished(JobResult result) {}

  /** The run is over, one way or another: nothing more is shown. */
  default void clear() {}

  /** Returns the view for a mode. */
  static ProgressView of(ProgressMode mode, Terminal terminal, JobFunction function) {
    return switch (mode) {
      case AUTO -> new LineProgress(terminal.err(), terminal.interactive(), function);
      case PLAIN -> new LineProgress(terminal.err(), false, function);
      case JSON -> new JsonProgress(terminal.err(), function);
      case NONE -> () -> Integer.MAX_VALUE;
    };
  }
}
