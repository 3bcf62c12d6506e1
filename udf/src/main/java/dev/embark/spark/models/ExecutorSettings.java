package dev.embark.spark.models;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.conf.ExecutorSetting;
import dev.embark.store.StoreSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;

/**
 * The values of {@link ExecutorSetting} in an application.
 *
 * @param store settings of the model store
 * @param idleTimeout idle time after which engines are freed
 * @param memoryBytes limit for models and contexts; 0 if derived from the executor's memory
 * @param sharedContext whether tasks share contexts on the CPU
 */
public record ExecutorSettings(
    StoreSettings store, Duration idleTimeout, long memoryBytes, boolean sharedContext) {
  /**
   * @param environment of this process
   * @throws EmbarkException of kind OPTION if a value is not allowed
   */
  public static ExecutorSettings of(SparkConf conf, Map<String, String> environment) {
    return new ExecutorSettings(
        StoreSettings.of(
            given(conf, ExecutorSetting.CACHE_DIR)
                .map(Path::of)
                .orElseGet(() -> StoreSettings.defaultDirectory(environment)),
            value(conf, ExecutorSetting.CACHE_SIZE, JavaUtils::byteStringAsBytes),
            value(conf, ExecutorSetting.IN_PLACE, ExecutorSettings::paths),
            value(conf, ExecutorSetting.OFFLINE, ExecutorSettings::flag),
            environment),
        Duration.ofMillis(value(conf, ExecutorSetting.IDLE_TIMEOUT, JavaUtils::timeStringAsMs)),
        value(
            conf,
            ExecutorSetting.MEMORY,
            size -> size.isEmpty() ? 0L : JavaUtils.byteStringAsBytes(size)),
        value(conf, ExecutorSetting.SHARED_CONTEXT, ExecutorSettings::flag));
  }

  /**
   * Whether calls may name models on web servers.
   *
   * @throws EmbarkException of kind OPTION if the value is not allowed
   */
  static boolean allowsHttp(SparkConf conf) {
    return value(conf, ExecutorSetting.ALLOW_HTTP, ExecutorSettings::flag);
  }

  private static Optional<String> given(SparkConf conf, ExecutorSetting setting) {
    return conf.contains(setting.key())
        ? Optional.of(conf.get(setting.key()).strip()).filter(v -> !v.isEmpty())
        : Optional.empty();
  }

  private static <T> T value(SparkConf conf, ExecutorSetting setting, Function<String, T> parse) {
    String text = given(conf, setting).orElse(setting.defaultValue());
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw new EmbarkException(
          Condition.INVALID_CONF,
          Map.of("conf", setting.key(), "value", text, "takes", setting.takes()),
          e);
    }
  }

  private static List<Path> paths(String text) {
    return Arrays.stream(text.split(","))
        .map(String::strip)
        .filter(path -> !path.isEmpty())
        .map(Path::of)
        .toList();
  }

  private static boolean flag(String text) {
    return switch (text.toLowerCase(java.util.Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }
}
