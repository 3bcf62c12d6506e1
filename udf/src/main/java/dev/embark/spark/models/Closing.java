package dev.embark.spark.models;

/** Closes several resources even if some of them fail. */
public final class Closing {
  private Closing() {}

  /**
   * Closes all resources in the given order.
   *
   * @throws RuntimeException or {@link Error}: the first failure, with later ones as suppressed
   *     exceptions
   */
  public static void all(AutoCloseable... resources) {
    Throwable first = null;
    for (AutoCloseable resource : resources) {
      try {
        resource.close();
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
