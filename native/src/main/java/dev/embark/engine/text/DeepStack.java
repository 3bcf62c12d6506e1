package dev.embark.engine.text;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntSupplier;

/**
 * Runs native work that recurses once for each character on a thread with room for it, as a stack
 * that overflows in native code ends the process. Memory is taken for what is touched alone.
 */
final class DeepStack {
  private DeepStack() {}

  /**
   * Runs {@code work} to its end on a new thread; an interrupt of the caller waits for that.
   *
   * @param stackBytes room for its calls
   * @throws EmbarkException of kind OUT_OF_MEMORY when there can be no such thread
   * @throws RuntimeException that the work threw
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
