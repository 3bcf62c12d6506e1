package dev.embark.job.progress;

import java.util.OptionalDouble;

/**
 * Progress of a run, as last reported by the executors.
 *
 * @param wave current wave, from 1; 0 before the first
 * @param waves number of waves
 * @param rows processed rows, including those of earlier processes of the run
 * @param rowsToDo rows of all waves
 * @param tokens tokens read by the model or, for answers, generated in this process
 * @param failed rows whose text has no result
 * @param seconds seconds since this process started to process rows
 * @param tokensPerSecond recent throughput
 * @param secondsLeft estimated remaining seconds at the pace of this process; empty while unknown
 */
record RunProgress(
    int wave,
    int waves,
    long rows,
    long rowsToDo,
    long tokens,
    long failed,
    double seconds,
    double tokensPerSecond,
    OptionalDouble secondsLeft) {

  /** Returns the percentage of processed rows, rounded down. */
  int percent() {
    return rowsToDo == 0 ? 100 : (int) (100 * rows / rowsToDo);
  }
}
