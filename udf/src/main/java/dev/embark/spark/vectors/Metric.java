package dev.embark.spark.vectors;

import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What makes a document near to a query. */
enum Metric {
  /** The largest cosine of the angle. */
  COSINE,
  /** The largest inner product. */
  INNER_PRODUCT,
  /** The smallest Euclidean distance. */
  L2;

  /**
   * @param name such as {@code inner_product}, in any case
   * @throws EmbarkException of kind OPTION for another name
   */
  static Metric named(String name) {
    return Arrays.stream(values())
        .filter(metric -> metric.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new EmbarkException(
                    Condition.INVALID_OPTION,
                    Map.of(
                        "function",
                        "nearest",
                        "option",
                        "metric",
                        "value",
                        "'" + name + "'",
                        "takes",
                        Arrays.stream(values())
                            .map(metric -> metric.name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", ")))));
  }
}
