package dev.embark.job.files;

/** Names of files as Spark's readers treat them. */
public final class FileNames {
  private FileNames() {}

  /** Returns whether Spark's readers skip the name. */
  public static boolean isHidden(String name) {
    return name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
  }
}
