package dev.embark.spark.conf;

import java.util.Arrays;
import java.util.Optional;

/**
 * A setting of an application, {@code spark.embark.<key>}, that controls how executors fetch, cache
 * and load models. Read when Spark starts; unlike an option of a call, no setting changes a result.
 */
public enum ExecutorSetting {
  CACHE_DIR(
      "cacheDir",
      "path",
      "~/.cache/embark/models",
      "Directory on each node for copies of models and for packed weights; private to the user."),
  CACHE_SIZE(
      "cacheSize",
      "size",
      "50g",
      "Maximum size of the cache; the least recently used copies are evicted first,"
          + " copies in use never."),
  IN_PLACE(
      "inPlace",
      "comma-separated directories",
      "",
      "Models in these directories are mapped in place instead of copied into the cache; only for"
          + " files that nobody overwrites, since overwriting a mapped file ends the process."),
  OFFLINE(
      "offline",
      "true, false",
      "false",
      "Never contact the Hub or a web server; a model without a cached copy fails."),
  ALLOW_HTTP(
      "allowHttp",
      "true, false",
      "false",
      "Calls in SQL and of DataFrames may name models by http: and https:; the job's --model, and a"
          + " model that the application is started with, always may."),
  IDLE_TIMEOUT(
      "idleTimeout",
      "time",
      "10m",
      "An engine is freed after this time without a task, and a model with its last engine."),
  MEMORY(
      "memory",
      "size",
      "",
      "Memory limit for models and contexts of an executor; by default the memory overhead on YARN"
          + " and Kubernetes, else the machine's memory outside the heap."),
  SHARED_CONTEXT(
      "sharedContext",
      "true, false",
      "false",
      "On CPUs, too, all tasks of an executor feed contexts that they share, one for each of its"
          + " slots; on GPUs they always do, one for each GPU."),
  WARM(
      "warm",
      "comma-separated models",
      "",
      "Models that EmbarkPlugin loads before an executor's first task; the name default"
          + " selects the session's model.");

  private final String key;
  private final String takes;
  private final String defaultValue;
  private final String description;

  ExecutorSetting(String key, String takes, String defaultValue, String description) {
    this.key = key;
    this.takes = takes;
    this.defaultValue = defaultValue;
    this.description = description;
  }

  /** The full conf key. */
  public String key() {
    return EmbarkConf.PREFIX + key;
  }

  public String takes() {
    return takes;
  }

  public String defaultValue() {
    return defaultValue;
  }

  public String description() {
    return description;
  }

  /** The setting with a full conf key, compared case-insensitively. */
  public static Optional<ExecutorSetting> of(String key) {
    return Arrays.stream(values()).filter(s -> s.key().equalsIgnoreCase(key)).findFirst();
  }
}
