package dev.embark.engine.text;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntSupplier;

/**
 * Runs native code that recurses once per character on a thread with a sufficiently large stack,
 * because a stack overflow in native code aborts the process. The system commits only the stack
 * pages that are touched.
 */
final class DeepStack {
  private DeepStack() {}

  /**
   * Runs {@code work} on a new thread and waits for it, even when the caller is interrupted.
   *
   * @param stackBytes stack size of the thread
   * @throws EmbarkException of kind OUT_OF_MEMORY when the thread cannot be created
   * @throws RuntimeException as thrown by the work
   */
  static int call(long stackBytes, IntSupplier work) {
    FutureTask<Integer> task = new FutureTask<>(work::getAsInt);
    Thread thread = new Thread(null, task, "embark-tokenizer", stackBytes);
    thread.setDaemon(true);
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      throw new EmbarkException(
          Kind.OUT_OF_MEMORY,
          "No thread with a stack of "
              + stackBytes
              + " bytes can be made, which this model's vocabulary needs for a text so long.",
          e);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("Tokenising failed.", e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
