package dev.embark.job;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ends a run in order when the process is asked to end: tasks that embed are cancelled, a commit
 * that has begun is brought to its end, and the process says how to go on.
 *
 * <p>{@link #request} and {@link #isRequested} are for any thread, the rest is for the thread that
 * runs.
 */
final class Termination {
  private static final String JOB_GROUP = "embark-wave";
  private static final int CANCEL_AGAIN_MILLIS = 200;

  private final SparkSession spark;
  private final AtomicBoolean requested = new AtomicBoolean();
  private volatile boolean interruptible;

  Termination(SparkSession spark) {
    this.spark = spark;
  }

  /** Work that a request may interrupt. */
  interface Work<T> extends Callable<T> {
    @Override
    T call();
  }

  /** Calls {@link #request} on SIGTERM, instead of Java's own end; returns what undoes it. */
  AutoCloseable onSigterm() {
    Signal term = new Signal("TERM");
    SignalHandler before = Signal.handle(term, signal -> request());
    return () -> Signal.handle(term, before);
  }

  /** Asks the run to end; returns at once. */
  void request() {
    if (requested.compareAndSet(false, true)) {
      Thread canceller = new Thread(this::cancelWhileInterruptible, "embark-termination");
      canceller.setDaemon(true);
      canceller.start();
    }
  }

  boolean isRequested() {
    return requested.get();
  }

  /** Again and again, as the work may start another Spark job after each that is cancelled. */
  private void cancelWhileInterruptible() {
    try {
      while (interruptible) {
        spark.sparkContext().cancelJobGroup(JOB_GROUP);
        Thread.sleep(CANCEL_AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends the run if that was asked for.
   *
   * @throws UserError that says how to go on
   */
  void check(String progress) {
    if (requested.get()) {
      throw stopped(progress, null);
    }
  }

  /** Does work whose Spark jobs are cancelled on request. */
  <T> T interruptible(Work<T> work, Supplier<String> progress) {
    spark.sparkContext().setJobGroup(JOB_GROUP, "embed a wave", false);
    interruptible = true;
    try {
      check(progress.get());
      return work.call();
    } catch (Exception e) {
      // Of any kind: Scala throws checked exceptions, such as SparkException, undeclared.
      if (requested.get()) {
        throw stopped(progress.get(), e);
      }
      throw e;
    } finally {
      interruptible = false;
      spark.sparkContext().clearJobGroup();
    }
  }

  private static UserError stopped(String progress, Exception cause) {
    return new UserError(
        "Stopped as asked: %s; run the same command again to carry on".formatted(progress), cause);
  }
}
