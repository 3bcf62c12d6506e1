package dev.embark.job.progress;

import java.util.OptionalDouble;

/**
 * How far a run is, as executors have told so far.
 *
 * @param wave the one that is being embedded, from 1; 0 before the first
 * @param waves how many there are
 * @param rows done, those of earlier processes of the run included
 * @param rowsToDo rows of all waves
 * @param tokens that the model has seen or, for answers, generated in this process
 * @param failed rows whose text has no result
 * @param seconds since this process started to embed
 * @param tokensPerSecond lately
 * @param secondsLeft at the pace of this process; empty while that is unknown
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

  /** Returns the share of rows that are done, 0 to 100, rounded down. */
  int percent() {
    return rowsToDo == 0 ? 100 : (int) (100 * rows / rowsToDo);
  }
}
