package dev.embark.docs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The figures of the README, made of what {@code embark bench --save bench/results} wrote. */
final class SpeedTable {
  /** How they are written into the README. */
  static final String COMMAND = Reference.COMMAND.replace("ReferenceTest", "SpeedTableTest");

  private static final Path RESULTS = Markdown.ROOT.resolve("bench/results");
  private static final String ENDING = "-comparison.json";

  // What the README calls the sides of the comparison, in its order; others are not in its table.
  private static final Map<String, String> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put("engine", "**Embark**, one thread");
    NAMES.put("engine-exact", "Embark, one thread, `precision=exact`");
    NAMES.put("engine-int8", "Embark, one thread, `precision=int8`");
    NAMES.put("plain-engine", "Embark, one thread, `accelerator=off`");
    NAMES.put("spark", "**`embed()` in Spark**, two tasks");
    NAMES.put("job", "**the whole job**, Parquet to Parquet, two tasks");
    NAMES.put("raw-llama", "llama.cpp in a plain loop, F16");
    NAMES.put("raw-llama-bf16", "llama.cpp in a plain loop, BF16");
    NAMES.put("onnxruntime-f32", "ONNX Runtime, f32");
    NAMES.put("onnxruntime-int8", "ONNX Runtime, int8");
    NAMES.put("openvino-f32", "OpenVINO, f32");
    NAMES.put("openvino-int8", "OpenVINO, int8");
    NAMES.put("java-llama", "java-llama.cpp");
    NAMES.put("langchain4j-spark", "langchain4j in `mapPartitions`, two tasks");
    NAMES.put("spark-nlp", "Spark NLP, two tasks");
  }

  private SpeedTable() {}

  /** The newest comparison that is kept, if there is one. */
  static Optional<Path> newest() throws IOException {
    try (Stream<Path> files = Files.list(RESULTS)) {
      return files.filter(file -> file.toString().endsWith(ENDING)).max(Comparator.naturalOrder());
    }
  }

  /** The table, with the sentence above it. */
  static String of(Path file) throws IOException {
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    List<String> corpora =
        stream(report.get("corpora")).map(corpus -> corpus.get("corpus").asText()).toList();
    List<String> lines = new ArrayList<>();
    lines.add(sentence(file, report));
    lines.add("");
    lines.add(
        "| | "
            + corpora.stream()
                .map(corpus -> corpus + ", tokens/CPU-s | tokens/s | ")
                .collect(Collectors.joining())
            + "cosine |");
    lines.add("|---|" + "---:|---:|".repeat(corpora.size()) + "---:|");
    NAMES.forEach(
        (side, name) -> {
          Map<String, JsonNode> results =
              stream(report.get("sides"))
                  .filter(result -> result.get("side").asText().equals(side))
                  .collect(Collectors.toMap(r -> r.get("corpus").asText(), r -> r));
          if (!results.isEmpty()) {
            lines.add(row(name, corpora, results));
          }
        });
    return String.join("\n", lines) + "\n";
  }

  private static String sentence(Path file, JsonNode report) {
    String texts =
        stream(report.get("corpora"))
            .map(
                corpus ->
                    String.format(
                        Locale.ROOT,
                        "%s ones of %.0f tokens",
                        corpus.get("corpus").asText(),
                        corpus.get("meanTokens").asDouble()))
            .collect(Collectors.joining(" and "));
    return "%s on %s: WordNet, %s on average; [all of it](bench/results/%s)."
        .formatted(
            report.get("model").asText(),
            report.get("machine").asText(),
            texts,
            file.getFileName().toString().replace(".json", ".md"));
  }

  private static String row(String name, List<String> corpora, Map<String, JsonNode> results) {
    StringBuilder row = new StringBuilder("| " + name + " |");
    for (String corpus : corpora) {
      JsonNode result = results.get(corpus);
      row.append(
          result == null
              ? " | |"
              : String.format(
                  Locale.ROOT,
                  " %,.0f | %,.0f |",
                  result.get("tokensPerCpuSecond").asDouble(),
                  result.get("tokensPerSecond").asDouble()));
    }
    double least =
        results.values().stream()
            .filter(result -> result.get("cosineMin").isNumber())
            .mapToDouble(result -> result.get("cosineMin").asDouble())
            .min()
            .orElse(Double.NaN);
    // Rounded down, so that what is not 1 does not look like it.
    return row + (Double.isNaN(least) ? " |" : String.format(Locale.ROOT, " %.5f |", down(least)));
  }

  private static double down(double cosine) {
    return Math.floor(cosine * 1e5) / 1e5;
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
