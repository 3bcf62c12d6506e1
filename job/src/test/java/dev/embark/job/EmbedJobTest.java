package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.JobResult;
import dev.embark.spark.Embark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EmbedJobTest {
  private static final int DIMENSIONS = 384;

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();
  private final Captured captured = new Captured(false);

  private JobResult run(String input, String... more) {
    List<String> arguments = new ArrayList<>(List.of("--input", input, "--output", output()));
    arguments.addAll(Arrays.asList(more));
    EmbedJob job = new EmbedJob(captured.terminal());
    new CommandLine(job)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    return job.run(spark);
  }

  private String output() {
    return folder.resolve("out").toString();
  }

  private Dataset<Row> written() {
    return spark.read().parquet(output());
  }

  private String file(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines)).toString();
  }

  private List<Float> embedded(String text) {
    Dataset<Row> one =
        spark.createDataset(List.of(text), org.apache.spark.sql.Encoders.STRING()).toDF("text");
    return one.select(Embark.embed(one.col("text"))).first().getList(0);
  }

  private static void assertSameVector(List<Float> actual, List<Float> expected) {
    assertThat(actual).hasSize(DIMENSIONS);
    assertThat(cosine(actual, expected)).isCloseTo(1, within(1e-5));
  }

  private static double cosine(List<Float> a, List<Float> b) {
    double dot = 0;
    double squaresOfA = 0;
    double squaresOfB = 0;
    for (int i = 0; i < a.size(); i++) {
      dot += a.get(i) * b.get(i);
      squaresOfA += a.get(i) * a.get(i);
      squaresOfB += b.get(i) * b.get(i);
    }
    return dot / Math.sqrt(squaresOfA * squaresOfB);
  }

  @Test
  void parquetKeepsAllColumnsAndAllRows() {
    StructType schema =
        new StructType()
            .add("id", DataTypes.LongType)
            .add("text", DataTypes.StringType)
            .add("odd `name`.x", DataTypes.createArrayType(DataTypes.IntegerType));
    List<Row> rows =
        IntStream.range(0, 100)
            .mapToObj(i -> RowFactory.create((long) i, "number " + i, new Integer[] {i}))
            .toList();
    String input = folder.resolve("in.parquet").toString();
    spark.createDataFrame(rows, schema).coalesce(1).write().parquet(input);

    JobResult result = run(input);

    assertThat(written().schema().fieldNames())
        .containsExactly("id", "text", "odd `name`.x", "embedding");
    assertThat(written().schema().apply("embedding").dataType().simpleString())
        .isEqualTo("array<float>");
    List<Row> sorted = written().orderBy("id").collectAsList();
    assertThat(sorted).extracting(row -> row.getLong(0)).isEqualTo(ids(100));
    assertThat(sorted)
        .extracting(row -> row.getList(2).get(0))
        .containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
    assertSameVector(sorted.get(42).getList(3), embedded("number 42"));
    assertThat(result.counts().rows()).isEqualTo(100);
    assertThat(result.counts().tokens()).isGreaterThanOrEqualTo(400);
    assertThat(result.output()).isEqualTo("file:" + output());
  }

  private static List<Long> ids(int count) {
    return IntStream.range(0, count).mapToObj(Long::valueOf).toList();
  }

  @Test
  void jsonLinesAreReadByExtension() throws IOException {
    String input = file("in.jsonl", "{\"body\":\"one\",\"n\":1}", "{\"body\":\"two\",\"n\":2}");

    run(input, "--text-column", "BODY");

    List<Row> rows = written().orderBy("n").collectAsList();
    assertThat(rows).extracting(row -> row.getString(0)).containsExactly("one", "two");
    assertSameVector(rows.get(1).getList(2), embedded("two"));
  }

  @Test
  void csvMayHoldQuotesAndLineEndsInATextAndKeepsLeadingZeros() throws IOException {
    String input = file("in.csv", "id,text", "007,\"a \"\"b\"\"", "c\"", "008,plain");

    run(input);

    List<Row> rows = written().orderBy("id").collectAsList();
    assertThat(rows).extracting(row -> row.getString(0)).containsExactly("007", "008");
    assertThat(rows.get(0).getString(1)).isEqualTo("a \"b\"\nc");
    assertSameVector(rows.get(0).getList(2), embedded("a \"b\"\nc"));
  }

  @Test
  void plainTextHasARowForEachLine() throws IOException {
    run(file("in.txt", "first", "second"));

    assertThat(written().columns()).containsExactly("value", "embedding");
    assertThat(written().orderBy("value").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("first", "second");
  }

  @Test
  void aFolderIsReadInTheFormatOfItsFiles() throws IOException {
    Files.createDirectory(folder.resolve("many"));
    file("many/a.json", "{\"text\":\"a\"}");
    file("many/b.json", "{\"text\":\"b\"}");

    assertThat(run(folder.resolve("many").toString()).counts().rows()).isEqualTo(2);
    assertThat(written().count()).isEqualTo(2);
  }

  @Test
  void aTableIsReadByName() {
    spark.sql("SELECT 1 AS id, 'from a view' AS text").createOrReplaceTempView("some_view");

    run("some_view");

    Row row = written().first();
    assertThat(row.getInt(0)).isEqualTo(1);
    assertSameVector(row.getList(2), embedded("from a view"));
  }

  @Test
  void aTextThatIsNullStaysAndHasNoEmbedding() throws IOException {
    JobResult result =
        run(file("in.json", "{\"id\":1,\"text\":null}", "{\"id\":2,\"text\":\"b\"}"));
    result.print(captured.terminal().out(), JobFunction.EMBED);

    List<Row> rows = written().orderBy("id").collectAsList();
    assertThat(rows.get(0).isNullAt(2)).isTrue();
    assertThat(rows.get(1).isNullAt(2)).isFalse();
    assertThat(result.counts().rows()).isEqualTo(2);
    assertThat(result.counts().nulls()).isEqualTo(1);
    assertThat(captured.outLines()).contains("rows\t2", "rows without text\t1");
  }

  @Test
  void optionsReachTheModel() throws IOException {
    run(file("in.txt", "some text"), "--dimensions=16", "--prefix=it's: ");

    assertThat(written().first().getList(1)).hasSize(16);
  }

  @Test
  void rowsThatFailAreCountedAndNamedById() throws IOException {
    String input =
        file(
            "in.json",
            "{\"id\":\"x7\",\"text\":\"one two three four five\"}",
            "{\"id\":\"x8\",\"text\":\"a\"}");

    JobResult result = run(input, "--id-column=id", "--max-tokens=4", "--long-text=error");

    assertThat(result.counts().failed()).isEqualTo(1);
    assertThat(captured.err())
        .contains("1 row could not be embedded")
        .contains("x7")
        .doesNotContain("x8");
    assertThat(written().count()).isEqualTo(2);
  }

  @Test
  void truncatedRowsAreReported() throws IOException {
    JobResult result = run(file("in.txt", "one two three four five", "a"), "--max-tokens=4");
    result.print(captured.terminal().out(), JobFunction.EMBED);

    assertThat(captured.outLines()).contains("rows truncated\t1");
  }

  @Test
  void linesThatAreNotJsonAreKeptWithAWarning() throws IOException {
    run(file("in.json", "{\"text\":\"a\"}", "no json"));

    assertThat(captured.err()).contains("_corrupt_record");
    assertThat(written().count()).isEqualTo(2);
  }

  @Test
  void aSmallInputIsSpreadOverAllCores() throws IOException {
    run(file("in.txt", "a", "b", "c", "d"));

    assertThat(written().inputFiles()).hasSize(2);
  }

  @Test
  void aMissingPathIsOneSentence() {
    assertThatThrownBy(() -> run(folder.resolve("nix.json").toString()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is nothing at")
        .hasMessageContaining("nix.json");
  }

  @Test
  void aMissingTableIsOneSentence() {
    assertThatThrownBy(() -> run("nix"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no table or view nix")
        .hasMessageContaining("./nix");
  }

  @Test
  void aMissingColumnNamesThoseThereAre() throws IOException {
    String input = file("in.json", "{\"id\":1,\"body\":\"b\"}");

    assertThatThrownBy(() -> run(input))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no column text")
        .hasMessageContaining("body, id");
    assertThatThrownBy(() -> run(input, "--text-column=body", "--id-column=key"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("no column key")
        .hasMessageContaining("--id-column");
  }

  @Test
  void aTextColumnOfAnotherTypeIsRefused() throws IOException {
    assertThatThrownBy(() -> run(file("in.json", "{\"text\":1}")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("text")
        .hasMessageContaining("bigint");
  }

  @Test
  void anEmbeddingColumnIsNotReplaced() throws IOException {
    assertThatThrownBy(() -> run(file("in.json", "{\"text\":\"a\",\"Embedding\":[1]}")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has a column Embedding already");
  }

  @Test
  void anExistingOutputIsRefusedUnlessASaveModeIsGiven() throws IOException {
    String input = file("in.txt", "a");
    run(input);

    assertThatThrownBy(() -> run(input))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("already")
        .hasMessageContaining("--save-mode");
    run(input, "--save-mode=append");
    assertThat(written().count()).isEqualTo(2);
    run(input, "--save-mode=overwrite");
    assertThat(written().count()).isEqualTo(1);
  }

  @Test
  void theInputIsNeverWrittenOver() throws IOException {
    String input = output();
    spark.sql("SELECT 'a' AS text").write().parquet(input);

    assertThatThrownBy(() -> run(input, "--save-mode=overwrite"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("both");
    assertThat(written().count()).isEqualTo(1);
  }

  @Test
  void aFileOfAnotherFormatIsOneSentence() throws IOException {
    assertThatThrownBy(() -> run(file("in.json", "{}"), "--input-format=parquet"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("as parquet")
        .hasMessageContaining("--input-format");
  }

  @Test
  void theWarningOfFailedRowsNamesTheFirstOfTheRunAlone() throws IOException {
    String[] options = {
      "--id-column=id", "--max-tokens=6", "--long-text=error", "--save-mode=append"
    };
    String[] lines = new String[30];
    Arrays.setAll(lines, i -> "{\"id\":%d,\"text\":\"%s\"}".formatted(i, "word ".repeat(9)));
    run(file("old.json", lines), options);
    int earlier = captured.err().length();
    Arrays.setAll(lines, i -> lines[i].replace("\"id\":", "\"id\":1"));
    List<String> shuffled = new ArrayList<>(List.of(lines).subList(10, 30));
    java.util.Collections.reverse(shuffled);
    shuffled.add("{\"id\":99,\"text\":\"%s\"}".formatted("word ".repeat(9)));

    run(file("new.json", shuffled.toArray(String[]::new)), options);

    assertThat(captured.err().substring(earlier))
        .contains(
            "21 rows could not be",
            "the first by id: 99, 110, 111, 112, 113, 114, 115, 116, 117, 118;");
  }
}
