package dev.embark.spark.models;

/** Closes things that belong together. */
public final class Closing {
  private Closing() {}

  /**
   * Closes all of them in this order, whatever one of them throws.
   *
   * @throws RuntimeException or {@link Error}, the first that one of them threw; later ones are
   *     suppressed exceptions of it
   */
  public static void all(AutoCloseable... things) {
    Throwable first = null;
    for (AutoCloseable thing : things) {
      try {
        thing.close();
      } catch (Throwable e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first instanceof RuntimeException e) {
      throw e;
    } else if (first instanceof Error e) {
      throw e;
    } else if (first != null) {
      throw new IllegalStateException(first);
    }
  }
}
