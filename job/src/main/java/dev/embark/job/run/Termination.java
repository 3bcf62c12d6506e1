package dev.embark.job.run;

import dev.embark.job.cli.UserError;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ends a run in order when the process is asked to end: work that may be interrupted is, a commit
 * that has begun is brought to its end, and the process says how to go on.
 *
 * <p>Spark's jobs are cancelled at once. What else the run waits for on the driver, as a listing or
 * a download, is interrupted a second later; what cannot be interrupted, as the loading of a model,
 * ends with the process.
 *
 * <p>{@link #request} and {@link #isRequested} are for any thread, the rest is for the thread that
 * runs.
 */
public final class Termination {
  private static final String JOB_GROUP = "embark-run";
  private static final int CANCEL_AGAIN_MILLIS = 200;
  private static final int INTERRUPT_AFTER = 5; // rounds
  private static final int EXIT_AFTER = 30; // rounds

  private final SparkSession spark;
  private final AtomicBoolean requested = new AtomicBoolean();
  private volatile Consumer<String> lastResort = sentence -> {};
  private volatile Thread worker; // null while nothing may be interrupted
  private volatile Supplier<String> state = () -> "";

  public Termination(SparkSession spark) {
    this.spark = spark;
  }

  /** Work that a request may interrupt. */
  public interface Work<T> extends Callable<T> {
    @Override
    T call();
  }

  /**
   * Calls {@link #request} on SIGTERM, instead of Java's own end; returns what undoes it.
   *
   * @param exit gets the sentence for the user and ends the process, if nothing else does
   */
  public AutoCloseable onSigterm(Consumer<String> exit) {
    lastResort = exit;
    Signal term = new Signal("TERM");
    SignalHandler before = Signal.handle(term, signal -> request());
    return () -> Signal.handle(term, before);
  }

  /** Asks the run to end; returns at once. */
  public void request() {
    if (requested.compareAndSet(false, true)) {
      Thread canceller = new Thread(this::interruptWork, "embark-termination");
      canceller.setDaemon(true);
      canceller.start();
    }
  }

  boolean isRequested() {
    return requested.get();
  }

  /** Again and again, as the work may start another Spark job after each that is cancelled. */
  private void interruptWork() {
    try {
      for (int round = 1; worker != null; round++) {
        // All, as Spark broadcasts and lists files in groups of its own.
        spark.sparkContext().cancelAllJobs();
        if (round > INTERRUPT_AFTER) {
          interruptWorker();
        }
        if (round == EXIT_AFTER) {
          exit();
        }
        Thread.sleep(CANCEL_AGAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void interruptWorker() {
    Thread working = worker;
    if (working != null) {
      working.interrupt();
    }
  }

  /** Keeps the lock: work that ends only now must not say the same once more. */
  private synchronized void exit() {
    if (worker != null) {
      lastResort.accept(sentence(state.get()));
    }
  }

  private synchronized void endWork() {
    worker = null;
    if (requested.get()) {
      Thread.interrupted(); // else the next wait would end at once, as that for the report
    }
  }

  /**
   * Ends the run if that was asked for.
   *
   * @param state how far it is, and how to go on
   * @throws UserError that says so
   */
  void check(String state) {
    if (requested.get()) {
      throw new UserError(sentence(state));
    }
  }

  /**
   * Does work that is interrupted on request; it must leave nothing that the same command could not
   * carry on from.
   *
   * @param name as Spark's UI shows it
   * @param state how far the run is, and how to go on
   * @throws UserError if it was interrupted
   */
  public <T> T interruptible(String name, Work<T> work, Supplier<String> state) {
    spark.sparkContext().setJobGroup(JOB_GROUP, name, false);
    this.state = state;
    worker = Thread.currentThread();
    try {
      check(state.get());
      return work.call();
    } catch (Exception e) {
      // Of any kind: Scala throws checked exceptions, such as SparkException, undeclared.
      if (requested.get()) {
        throw new UserError(sentence(state.get()), e);
      }
      throw e;
    } finally {
      endWork();
      spark.sparkContext().clearJobGroup();
    }
  }

  private static String sentence(String state) {
    return "Stopped as asked: " + state;
  }
}
