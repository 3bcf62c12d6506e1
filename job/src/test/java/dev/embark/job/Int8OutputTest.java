package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.run.JobResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vectors of 8-bit integers come back from each format, as the type that it has for them. */
class Int8OutputTest {
  private static final String[] OPTIONS = {
    "--id-column=id", "--option=output=int8", "--dimensions=16"
  };

  @TempDir private Path folder;

  @Test
  void theSameIntegersComeBackFromParquet() throws IOException {
    theSameIntegersComeBack("parquet", "array<tinyint>");
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "orc, array<tinyint>",
    "json, array<bigint>",
    "delta, array<tinyint>",
    "iceberg, array<int>"
  })
  void theSameIntegersComeBack(String format, String type) throws IOException {
    Assumptions.assumeTrue(!List.of("delta", "iceberg").contains(format) || LocalSpark.hasTables());
    Map<Integer, String> texts = new TreeMap<>(Map.of(1, "a text", 2, "another text"));
    Runs floats = new Runs(Files.createDirectory(folder.resolve("floats")), "parquet");
    Map<Integer, String> all = new TreeMap<>(texts);
    all.put(3, "a third text");
    floats.run(floats.json("in.json", all), "--id-column=id", "--dimensions=16");
    Runs runs = new Runs(folder, format);
    runs.run(runs.json("in.json", texts), OPTIONS);

    String[] append = List.of(OPTIONS).toArray(new String[OPTIONS.length + 1]);
    append[OPTIONS.length] = "--save-mode=append";
    JobResult second = runs.run(runs.json("more.json", all), append);

    assertThat(second.plan().input().skipped()).isEqualTo(2);
    assertThat(runs.written().schema().apply("embedding").dataType().simpleString())
        .isEqualTo(type);
    Map<Integer, List<Float>> expected = floats.vectors();
    List<Row> rows = runs.written().selectExpr("CAST(id AS INT)", "embedding").collectAsList();
    assertThat(rows).hasSize(3);
    for (Row row : rows) {
      List<Number> integers = row.getList(1);
      assertThat(cosine(integers, expected.get(row.getInt(0)))).isGreaterThan(0.999);
      assertThat(integers).allSatisfy(n -> assertThat(n.intValue()).isBetween(-127, 127));
    }
  }

  private static double cosine(List<? extends Number> a, List<? extends Number> b) {
    double product = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.size(); i++) {
      double x = a.get(i).doubleValue();
      double y = b.get(i).doubleValue();
      product += x * y;
      squareA += x * x;
      squareB += y * y;
    }
    return product / Math.sqrt(squareA * squareB);
  }
}
