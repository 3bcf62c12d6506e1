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
 * Graceful termination of a run. Interruptible work is cancelled, a commit that has begun is
 * completed, and the error says how to resume.
 *
 * <p>Spark jobs are cancelled at once. Other waits of the driver, such as a listing or a download,
 * are interrupted one second later. Work that cannot be interrupted, such as loading a model, ends
 * with the process after about six seconds.
 *
 * <p>{@link #request} and {@link #isRequested} may be called from any thread, all other methods
 * only from the run's thread.
 */
public final class Termination {
  private static final String JOB_GROUP = "embark-run";
  private static final int CANCEL_AGAIN_MILLIS = 200;
  private static final int INTERRUPT_AFTER = 5; // rounds
  private static final int EXIT_AFTER = 30; // rounds

  private final SparkSession spark;
  private final AtomicBoolean requested = new AtomicBoolean();
  private volatile Consumer<String> lastResort = sentence -> {};
  private volatile Thread worker; // null while no interruptible work is running
  private volatile Supplier<String> state = () -> "";

  public Termination(SparkSession spark) {
    this.spark = spark;
  }

  /** Work that a termination request may interrupt. */
  public interface Work<T> extends Callable<T> {
    @Override
    T call();
  }

  /**
   * Handles SIGTERM with {@link #request} instead of the JVM's default; closing the result restores
   * the previous handler.
   *
   * @param exit receives the message for the user and must exit the process; called if the work
   *     does not end
   */
  public AutoCloseable onSigterm(Consumer<String> exit) {
    lastResort = exit;
    Signal term = new Signal("TERM");
    SignalHandler before = Signal.handle(term, signal -> request());
    return () -> Signal.handle(term, before);
  }

  /** Requests termination; returns immediately. */
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

  /**
   * Repeats the cancellation, because the work may start another Spark job after each cancelled
   * one.
   */
  private void interruptWork() {
    try {
      for (int round = 1; worker != null; round++) {
        // Cancels all jobs, because Spark broadcasts and lists files in job groups of its own.
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

  /**
   * Holds the monitor while exiting, so that work that ends meanwhile cannot report a second time.
   */
  private synchronized void exit() {
    if (worker != null) {
      lastResort.accept(sentence(state.get()));
    }
  }

  private synchronized void endWork() {
    worker = null;
    if (requested.get()) {
      Thread.interrupted(); // otherwise the interrupt would end the next wait, such as writing the
      // report
    }
  }

  /**
   * Throws if termination was requested.
   *
   * @param state the run's progress and how to resume
   * @throws UserError with that state
   */
  void check(String state) {
    if (requested.get()) {
      throw new UserError(sentence(state));
    }
  }

  /**
   * Performs work that a termination request interrupts; the work must be resumable by the same
   * command.
   *
   * @param name description of the job in the Spark UI
   * @param state the run's progress and how to resume
   * @throws UserError if the work was interrupted
   */
  public <T> T interruptible(String name, Work<T> work, Supplier<String> state) {
    spark.sparkContext().setJobGroup(JOB_GROUP, name, false);
    this.state = state;
    worker = Thread.currentThread();
    try {
      check(state.get());
      return work.call();
    } catch (Exception e) {
      // Scala code throws checked exceptions such as SparkException undeclared.
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
