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
      "Folder of each node for copies of models and the accelerator's packed weights; in a folder"
          + " that others can write to, a private one is made."),
  CACHE_SIZE(
      "cacheSize",
      "size",
      "50g",
      "Maximum size of the cache; the least recently used copies are evicted first, copies in"
          + " use never."),
  IN_PLACE(
      "inPlace",
      "comma-separated directories",
      "",
      "Models below these directories are mapped in place instead of copied into the cache;"
          + " only for files that nobody overwrites, because that would end the process."),
  OFFLINE(
      "offline",
      "true, false",
      "false",
      "Do not contact the Hub or a web server; a model without a copy in the cache fails."),
  ALLOW_HTTP(
      "allowHttp",
      "true, false",
      "false",
      "Allow calls in SQL and DataFrames to name models by http:, https:, webhdfs:, swebhdfs:,"
          + " ftp: and sftp:. The job's --model and a model that the application is started with"
          + " are always allowed."),
  IDLE_TIMEOUT(
      "idleTimeout",
      "time",
      "10m",
      "Time without a task after which an engine is freed; a model is freed with its last"
          + " engine."),
  MEMORY(
      "memory",
      "size",
      "",
      "Maximum memory of models and contexts of an executor; by default the memory overhead"
          + " on YARN and Kubernetes, elsewhere the memory of the machine outside of the heap."),
  SHARED_CONTEXT(
      "sharedContext",
      "true, false",
      "false",
      "On CPUs, too, all tasks of an executor share contexts, one per task slot. On GPUs they"
          + " always do, one per GPU."),
  WARM(
      "warm",
      "comma-separated models",
      "",
      "Models to load before an executor's first task; requires EmbarkPlugin. The name"
          + " default means the session's model.");

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
