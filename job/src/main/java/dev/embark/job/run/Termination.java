package dev.embark.job.run;

import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Graceful termination of a command. Interruptible work is cancelled, a commit that has begun is
 * completed if it takes seconds, and the error says how to resume.
 *
 * <p>Spark jobs are cancelled at once. Other waits of the driver, such as a listing or a download,
 * are interrupted one second later. What has not ended after six seconds, such as the loading of a
 * model, ends with the process, which leaves the state of a run as {@code kill -9} does.
 *
 * <p>{@link #request} and {@link #isRequested} may be called from any thread, all other methods
 * only from the thread of the command.
 */
public final class Termination implements AutoCloseable {
  private static final String JOB_GROUP = "embark-run";
  private static final int CANCEL_AGAIN_MILLIS = 200;
  private static final int INTERRUPT_AFTER = 5; // rounds
  private static final int EXIT_AFTER = 30; // rounds
  private static final int HALT_AFTER_MILLIS = 2500; // for the shutdown hooks of Spark and Hadoop
  private static final int CODE_OF_SIGNAL = 128;
  private static final Signal TERM = new Signal("TERM");
  private static final Signal INT = new Signal("INT"); // Ctrl-C

  private final String command;
  private final Terminal terminal; // null if the process is not this command's alone
  private final AtomicInteger signal = new AtomicInteger(); // 0 while none was received
  private final List<Runnable> undo = new ArrayList<>();
  private volatile SparkSession spark; // null until it is started
  private volatile Thread worker; // null while no interruptible work is running
  private volatile Supplier<String> state = () -> "nothing was begun";
  private boolean ended;
  private boolean exits;

  /** Creates the termination of work in a process that has other work, too. */
  public Termination(SparkSession spark) {
    this("", null);
    this.spark = spark;
  }

  private Termination(String command, Terminal terminal) {
    this.command = command;
    this.terminal = terminal;
  }

  /**
   * Handles SIGTERM and SIGINT as requests to end this process, until {@link #close}. A second
   * SIGINT ends it at once.
   *
   * @param command name of the command in the message for the user
   */
  public static Termination ofProcess(String command, Terminal terminal) {
    Termination termination = new Termination(command, terminal);
    termination.handle(TERM);
    termination.handle(INT);
    return termination;
  }

  private void handle(Signal handled) {
    try {
      SignalHandler before = Signal.handle(handled, this::received);
      undo.add(() -> Signal.handle(handled, before));
    } catch (IllegalArgumentException e) {
      // Java's option -Xrs leaves signals to their defaults.
    }
  }

  private void received(Signal received) {
    if (received.equals(INT) && signal.get() == INT.getNumber()) {
      exit();
    } else {
      request(received);
    }
  }

  /** Work that a termination request may interrupt. */
  public interface Work<T> extends Callable<T> {
    @Override
    T call();
  }

  /** Requests termination as SIGTERM does; returns immediately. */
  public void request() {
    request(TERM);
  }

  private void request(Signal by) {
    if (signal.compareAndSet(0, by.getNumber())) {
      start("embark-termination", this::interruptWork);
    }
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  boolean isRequested() {
    return signal.get() != 0;
  }

  /** Sets the session whose jobs are cancelled; without one, a request ends the process at once. */
  public void started(SparkSession session) {
    spark = session;
  }

  /**
   * Repeats the cancellation, because the work may start another Spark job after each cancelled
   * one.
   */
  private void interruptWork() {
    try {
      for (int round = 1; spark != null && round <= EXIT_AFTER && !hasEnded(); round++) {
        if (worker != null) {
          cancelJobs();
          if (round > INTERRUPT_AFTER) {
            interruptWorker();
          }
        }
        Thread.sleep(CANCEL_AGAIN_MILLIS);
      }
      exit();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void cancelJobs() {
    try {
      // All jobs, because Spark broadcasts and lists files in job groups of its own.
      spark.sparkContext().cancelAllJobs();
    } catch (IllegalStateException e) {
      // The session has been stopped meanwhile.
    }
  }

  private synchronized void interruptWorker() {
    Thread working = worker;
    if (working != null) {
      working.interrupt();
    }
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  /** Ends the process if its command has not ended. */
  private void exit() {
    synchronized (this) {
      if (terminal == null || ended || exits) {
        return;
      }
      exits = true;
    }
    int code = exitCode();
    start("embark-halt", () -> halt(code));
    terminal.out().flush();
    terminal.err().println(command + ": " + sentence(state.get()));
    System.exit(code);
  }

  private static void halt(int code) {
    try {
      Thread.sleep(HALT_AFTER_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(code);
  }

  private int exitCode() {
    return CODE_OF_SIGNAL + signal.get();
  }

  /** Restores the handlers of signals. Does not return if the process is ending. */
  @Override
  public void close() {
    synchronized (this) {
      ended = !exits;
    }
    if (!ended) {
      waitForExit();
    }
    undo.forEach(Runnable::run);
  }

  /** Keeps the command from reporting that its session was stopped. */
  private static void waitForExit() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void endWork() {
    worker = null;
    if (isRequested()) {
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
    if (isRequested()) {
      throw stopped(state, null);
    }
  }

  /**
   * Performs work that a termination request interrupts; the work must be resumable by the same
   * command.
   *
   * @param name description of the job in the Spark UI
   * @param state the command's progress and how to resume; also of what follows the work
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
      if (isRequested()) {
        throw stopped(state.get(), e);
      }
      throw e;
    } finally {
      endWork();
      spark.sparkContext().clearJobGroup();
    }
  }

  private UserError stopped(String state, Exception cause) {
    return UserError.stopped(sentence(state), cause, exitCode());
  }

  private static String sentence(String state) {
    return "Stopped as asked: " + state;
  }
}
