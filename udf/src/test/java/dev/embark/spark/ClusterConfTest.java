package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.ExecutorSetting;
import dev.embark.spark.models.ExecutorSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Cluster confs in {@code submit/conf}. */
class ClusterConfTest {
  static Stream<Path> confs() throws IOException {
    Path folder = Path.of(System.getProperty("basedir")).toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("submit/conf"))) {
      folder = folder.getParent(); // several modules run these tests
    }
    try (Stream<Path> files = Files.list(folder.resolve("submit/conf"))) {
      return files.filter(f -> f.toString().matches(".*\\.(conf|json)")).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("confs")
  void confNamesOnlyKnownSettings(Path file) throws IOException {
    SparkConf conf = read(file);
    ExecutorSettings.of(conf, Map.of());
    Map<String, String> options = new TreeMap<>();
    for (scala.Tuple2<String, String> entry : conf.getAllWithPrefix(EmbarkConf.PREFIX)) {
      if (ExecutorSetting.of(EmbarkConf.PREFIX + entry._1()).isEmpty()) {
        options.put(entry._1(), entry._2());
      }
    }
    EmbedOptions.of(options);
    if (conf.contains("spark.plugins")) {
      assertThat(conf.get("spark.plugins")).isEqualTo(EmbarkPlugin.class.getName());
    }
  }

  @ParameterizedTest
  @MethodSource("confs")
  void executorSlotsUseAllGpus(Path file) throws IOException {
    SparkConf conf = read(file);
    boolean gpu = file.getFileName().toString().contains("gpu");
    assertThat(conf.contains("spark.task.resource.gpu.amount")).isEqualTo(gpu);
    if (gpu && conf.contains("spark.executor.cores")) {
      double perTask = conf.getDouble("spark.task.resource.gpu.amount", 0);
      double gpus = conf.getDouble("spark.executor.resource.gpu.amount", 0);
      assertThat(perTask * conf.getInt("spark.executor.cores", 0)).isEqualTo(gpus);
    }
  }

  private static SparkConf read(Path file) throws IOException {
    SparkConf conf = new SparkConf(false);
    try (Reader reader = Files.newBufferedReader(file)) {
      if (file.toString().endsWith(".json")) {
        for (JsonNode part : new ObjectMapper().readTree(reader)) {
          if (part.get("Classification").asText().equals("spark-defaults")) {
            part.get("Properties")
                .properties()
                .forEach(e -> conf.set(e.getKey(), e.getValue().asText()));
          }
        }
      } else {
        Properties properties = new Properties();
        properties.load(reader);
        properties.forEach((key, value) -> conf.set((String) key, ((String) value).strip()));
      }
    }
    return conf;
  }
}
