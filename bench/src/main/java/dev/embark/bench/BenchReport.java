package dev.embark.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The figures of one run of the bench: medians over the rounds, and each way in relation to the
 * first of as many threads.
 *
 * @param facts of machine, versions and texts
 * @param startup seconds of what is done once, such as loading the model
 * @param measurements of all rounds
 */
record BenchReport(
    Map<String, String> facts, Map<String, Double> startup, List<Measurement> measurements) {

  /** Prints it for people. */
  void print(PrintStream out) {
    facts.forEach((name, value) -> out.println(name + "\t" + value));
    startup.forEach((name, value) -> out.println(name + "\t" + format(value) + " s"));
    out.println("way\ttokens/s\ttokens/CPU-s");
    for (String way : ways()) {
      out.printf(
          Locale.ROOT,
          "%s\t%.0f\t%.0f%n",
          way,
          median(way, Measurement::tokensPerSecond),
          median(way, Measurement::tokensPerCpuSecond));
    }
    ratios().forEach((name, ratio) -> out.println(name + "\t" + format(ratio)));
  }

  /** Speed of each later way as a part of that of each earlier one. */
  Map<String, Double> ratios() {
    Map<String, Double> ratios = new LinkedHashMap<>();
    List<String> ways = ways();
    for (int later = 1; later < ways.size(); later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        ratios.put(
            ways.get(later) + " / " + ways.get(earlier),
            median(ways.get(later), Measurement::tokensPerSecond)
                / median(ways.get(earlier), Measurement::tokensPerSecond));
      }
    }
    return ratios;
  }

  /** The same as one JSON object. */
  String json() {
    List<String> rounds = new ArrayList<>();
    for (Measurement m : measurements) {
      rounds.add(
          "    {\"way\": %s, \"round\": %d, \"tokens\": %d, \"seconds\": %s, \"cpuSeconds\": %s}"
              .formatted(
                  quoted(m.way()),
                  m.round(),
                  m.tokens(),
                  format(m.seconds()),
                  format(m.cpuSeconds())));
    }
    Map<String, Double> perSecond = new LinkedHashMap<>();
    Map<String, Double> perCpuSecond = new LinkedHashMap<>();
    for (String way : ways()) {
      perSecond.put(way, median(way, Measurement::tokensPerSecond));
      perCpuSecond.put(way, median(way, Measurement::tokensPerCpuSecond));
    }
    Map<String, String> quotedFacts = new LinkedHashMap<>();
    facts.forEach((name, value) -> quotedFacts.put(name, quoted(value)));
    return "{\n  \"facts\": "
        + object(quotedFacts)
        + ",\n  \"startupSeconds\": "
        + numbers(startup)
        + ",\n  \"tokensPerSecond\": "
        + numbers(perSecond)
        + ",\n  \"tokensPerCpuSecond\": "
        + numbers(perCpuSecond)
        + ",\n  \"ratios\": "
        + numbers(ratios())
        + ",\n  \"rounds\": [\n"
        + String.join(",\n", rounds)
        + "\n  ]\n}\n";
  }

  private List<String> ways() {
    return measurements.stream().map(Measurement::way).distinct().toList();
  }

  private double median(String way, ToDoubleFunction<Measurement> figure) {
    double[] sorted =
        measurements.stream()
            .filter(m -> m.way().equals(way))
            .mapToDouble(figure)
            .sorted()
            .toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static String numbers(Map<String, Double> values) {
    Map<String, String> formatted = new LinkedHashMap<>();
    values.forEach((name, value) -> formatted.put(name, format(value)));
    return object(formatted);
  }

  private static String object(Map<String, String> values) {
    List<String> members = new ArrayList<>();
    values.forEach((name, value) -> members.add("    " + quoted(name) + ": " + value));
    return "{\n" + String.join(",\n", members) + "\n  }";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private static String format(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
