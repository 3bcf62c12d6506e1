package dev.embark.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.Captured;
import dev.embark.job.EmbedJob;
import dev.embark.job.EndlessFunction;
import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.SmallDisk;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.ProgressMode;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.RunPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DryRunTest {
  private static final int ROWS = 2000;
  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("title", DataTypes.StringType)
          .add("text", DataTypes.StringType);

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static String input;

  private final SparkSession spark = LocalSpark.session();
  private final Captured captured = new Captured(false);

  /**
   * Returns texts sorted by length, so that the first rows are not representative; a tenth are
   * NULL.
   */
  @BeforeAll
  static void writeInput() {
    Random random = new Random(7);
    List<Row> rows =
        IntStream.range(0, ROWS)
            .mapToObj(
                i ->
                    RowFactory.create(
                        (long) i,
                        "title " + random.nextInt(100_000),
                        i % 10 == 0 ? null : words(random, 1 + i / 250)))
            .toList();
    input = shared.resolve("in.parquet").toString();
    LocalSpark.session()
        .createDataFrame(rows, SCHEMA)
        .repartitionByRange(8, org.apache.spark.sql.functions.col("id"))
        .write()
        .parquet(input);
  }

  private static String words(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(Integer.toString(random.nextInt(46_656), 36)).append(' ');
    }
    return text.toString();
  }

  private EmbedJob job(String... more) {
    List<String> arguments = new ArrayList<>(List.of(more));
    if (arguments.stream().noneMatch(word -> word.startsWith("--output"))) {
      arguments.add("--output=" + output());
    }
    EmbedJob job = new EmbedJob(captured.terminal());
    new CommandLine(job)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments.toArray(String[]::new));
    return job;
  }

  private Estimate estimate(String... more) {
    return job(more).estimate(spark);
  }

  private String output() {
    return folder.resolve("out").toString();
  }

  private static long size(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(".parquet"))
          .filter(file -> !file.toString().contains("_embark"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  @Test
  void estimatesAreCloseToTheFollowingRun() throws Exception {
    Estimate estimate = estimate("--input", input, "--max-tokens=16");
    RowCounts counts = job("--input", input, "--max-tokens=16").run(spark).counts();

    assertThat(estimate.rows()).isEqualTo(ROWS).isEqualTo(counts.rows());
    assertThat(estimate.sampled()).isEqualTo(1000);
    assertThat(estimate.tokens()).isCloseTo(counts.tokens(), Percentage.withPercentage(10));
    assertThat(estimate.withoutText()).isCloseTo(counts.nulls(), Percentage.withPercentage(25));
    assertThat(estimate.bytes()).isCloseTo(size(Path.of(output())), Percentage.withPercentage(25));
    assertThat(estimate.seconds()).isPositive();
  }

  @Test
  void linesOfJsonAreMeasuredAsSparkWritesThem() throws IOException {
    String query =
        "--query=SELECT 'ten äöü' AS text, INTERVAL 1 DAY AS day, CAST(NULL AS INT) AS none";

    Estimate estimate = estimate(query, "--output=" + output(), "--output-format=json");

    // {"text":"ten äöü","day":"INTERVAL '1' DAY"} and a line feed, and the vector
    assertThat(estimate.bytes()).isBetween(47L, 10_000L);
  }

  @Test
  void rowsThatWouldFailAreEstimated() {
    Estimate estimate = estimate("--input", input, "--max-tokens=12", "--long-text=error");

    long failing = spark.read().parquet(input).where("embed_tokens(text) > 12").count();
    assertThat(failing).isBetween(200L, 1800L);
    assertThat(estimate.failing()).isCloseTo(failing, Percentage.withPercentage(15));
  }

  @Test
  void aSmallInputIsCountedAsAWhole() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two\nthree\n");

    Estimate estimate = estimate("--input", file.toString());

    assertThat(estimate.rows()).isEqualTo(2);
    assertThat(estimate.sampled()).isEqualTo(2);
    // One token per word and BERT's two special tokens per text.
    assertThat(estimate.tokens()).isEqualTo(3 + 2 * 2);
  }

  @Test
  void distinctTextsCountOnceWithDedupe() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two\n".repeat(50));

    assertThat(estimate("--input", file.toString()).tokens()).isEqualTo(50 * 4);
    assertThat(estimate("--input", file.toString(), "--dedupe").tokens()).isEqualTo(4);
  }

  @Tag("stores")
  @Test
  void rowsThatAreThereAlreadyAreNotCountedAgain() throws Exception {
    Path file = Files.write(folder.resolve("in.json"), json("one", "two", "three", "four"));
    String[] options = {"--input=" + file, "--id-column=id", "--save-mode=append"};
    job(options).run(spark);
    Files.write(file, json("one", "two", "three in a row", "four", "a fifth"));

    Estimate estimate = estimate(options);

    assertThat(estimate.rows()).isEqualTo(5);
    assertThat(estimate.skipped()).isEqualTo(3);
    assertThat(estimate.sampled()).isEqualTo(2);
    assertThat(estimate.tokens()).isEqualTo(4 + 2 + 2 * 2);
    RunPlan plan = job(options).run(spark).plan();
    assertThat(estimate.skipped()).isEqualTo(plan.input().skipped());
    assertThat(estimate.rows() - estimate.skipped()).isEqualTo(plan.rows());
    assertThat(estimate(options).tokens()).isZero();
  }

  private static List<String> json(String... texts) {
    return IntStream.range(0, texts.length)
        .mapToObj(i -> "{\"id\":%d,\"text\":\"%s\"}".formatted(i, texts[i]))
        .toList();
  }

  @Test
  void aRunThatWasInterruptedHasItsOwnRowsLeft() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two three\n".repeat(30));
    String[] options = {"--input=" + file, "--rows-per-wave=10"};
    List<String> strict = new ArrayList<>(List.of(options));
    strict.addAll(List.of("--max-tokens=4", "--long-text=error", "--max-failed=0"));
    assertThatThrownBy(() -> job(strict.toArray(String[]::new)).run(spark))
        .isInstanceOf(UserError.class);
    long there = spark.read().parquet(output()).count();

    // The resumed run reads its own copy of the input.
    Files.delete(file);
    Estimate estimate = estimate(strict.toArray(String[]::new));

    assertThat(there).isBetween(1L, 20L);
    assertThat(estimate.rows()).isEqualTo(30);
    assertThat(estimate.skipped()).isEqualTo(there);
    assertThat(estimate.failing()).isEqualTo(30 - there);
  }

  @Test
  void aRunThatWasInterruptedByAnotherCommandStopsItWithoutALookAtTheInput() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two three\n".repeat(30));
    List<String> strict =
        List.of("--max-tokens=4", "--long-text=error", "--max-failed=0", "--rows-per-wave=10");
    List<String> interrupted = new ArrayList<>(strict);
    interrupted.add("--input=" + file);
    assertThatThrownBy(() -> job(interrupted.toArray(String[]::new)).run(spark))
        .isInstanceOf(UserError.class);

    assertThatThrownBy(() -> estimate("--input", folder + "/another.txt", "--save-mode=append"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Another command was interrupted");
  }

  @Test
  void aRunOfAnotherCommandThatHadWrittenNothingDoesNotStopIt() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two three\n".repeat(30));
    Runs runs = new Runs(folder, "parquet");
    runs.atWaveStart =
        () -> {
          throw new UserError("the end");
        };
    assertThatThrownBy(() -> runs.run(file.toString())).hasMessage("the end");
    Files.writeString(file, "four\n");

    Estimate estimate = estimate("--input=" + file, "--max-tokens=4");

    assertThat(estimate.rows()).isEqualTo(1);
  }

  /** Texts of several pages: the sample would not fit into the driver's memory. */
  @Test
  void longTextsAreNotCollected() {
    String query = "--query=SELECT id, repeat('word ', 8000 + id %% 2) AS text FROM range(60)";
    SparkConf conf = spark.sparkContext().conf();
    String before = conf.get("spark.driver.maxResultSize", "1g");
    conf.set("spark.driver.maxResultSize", "1m");
    try {
      assertThat(estimate(query.formatted(), "--max-tokens=16").tokens()).isEqualTo(60 * 16);
      assertThat(estimate(query.formatted(), "--max-tokens=16", "--long-text=error").failing())
          .isEqualTo(60);
      // One token per word and two special tokens per window.
      assertThat(estimate(query.formatted(), "--max-tokens=102", "--long-text=chunk").tokens())
          .isCloseTo(60 * 80 * 102, Percentage.withPercentage(2));
    } finally {
      conf.set("spark.driver.maxResultSize", before);
    }
  }

  @Test
  @Timeout(60)
  void aRequestToEndInterruptsIt() {
    Termination termination = new Termination(spark);
    EndlessFunction.register(termination);
    EmbedJob job =
        job(
            "--query=SELECT id, endless(id) AS text FROM range(4)" + " WHERE endless(id) > ''",
            "--dry-run");

    assertThatThrownBy(() -> job.perform(spark, termination))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Stopped as asked: nothing was written");
  }

  @Test
  void idsThatAreNotOneStopIt() throws Exception {
    Path file = folder.resolve("in.json");
    Files.writeString(file, "{\"id\":7,\"text\":\"a\"}\n{\"id\":7,\"text\":\"b\"}\n");

    assertThatThrownBy(() -> estimate("--input", file.toString(), "--id-column=id"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("such as 7");
  }

  @Test
  void anEmptyInputTakesNoTime() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "");

    Estimate estimate = estimate("--input", file.toString());

    assertThat(estimate.rows()).isZero();
    assertThat(estimate.tokens()).isZero();
    assertThat(estimate.seconds()).isZero();
    assertThat(estimate.bytes()).isZero();
  }

  @Test
  void nothingIsWritten() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two\n");

    estimate("--input", file.toString());

    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void anOutputThatCannotBeWrittenStopsIt() throws Exception {
    String output = "--output=small:" + output();
    SmallDisk.readOnly();
    assertThatThrownBy(() -> estimate("--input", input, output))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Cannot write to small:" + output())
        .hasMessageContaining("Permission denied");
    SmallDisk.withRoomFor(1000);
    assertThatThrownBy(() -> estimate("--input", input, output))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("No space left on device");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aSerializerThatRefusesTheColumnsStopsIt() {
    SparkConf conf = new SparkConf(false).set("spark.kryo.registrationRequired", "true");
    StructType columns = new StructType().add("embedding", "array<float>");

    assertThatThrownBy(() -> SerializerCheck.check(conf, new KryoSerializer(conf), columns))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("ArrayType")
        .hasMessageContaining("--conf spark.kryo.registrationRequired=false");
    SerializerCheck.check(conf, new JavaSerializer(conf), columns);
  }

  @Test
  void whatWouldStopARunStopsIt() throws Exception {
    Path file = Files.writeString(folder.resolve("taken"), "");

    assertThatThrownBy(() -> estimate("--input", folder.resolve("nix.json").toString()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is nothing at");
    assertThatThrownBy(() -> estimate("--input", input, "--text-column=id"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("only text can be embedded");
    assertThatThrownBy(() -> estimate("--input", input, "--output=" + shared.resolve("in.parquet")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--input and --output are both");
    assertThatThrownBy(() -> estimate("--input", shared + "/*", "--output=" + shared + "/out"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("one contains the other");
    assertThatThrownBy(() -> estimate("--input", input, "--output=" + file + "/out"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is a file");
    assertThatThrownBy(() -> estimate("--input", input, "--model=" + file))
        .hasStackTraceContaining("is not a GGUF model");
    assertThatThrownBy(() -> estimate("--input", input, "--dimensions=1000"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dimensions is 1000")
        .hasMessageContaining("change --dimensions");
  }

  @Test
  void anOutputThatIsThereIsRefusedAsBySaveMode() throws Exception {
    Path file = Files.writeString(folder.resolve("in.txt"), "one two\n");
    Files.createDirectories(Path.of(output(), "x"));

    assertThatThrownBy(() -> estimate("--input", file.toString()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("already");
    assertThat(estimate("--input", file.toString(), "--save-mode=overwrite").rows()).isEqualTo(1);
    assertThat(Path.of(output(), "x")).exists();
  }

  @Test
  void aPersonGetsLinesAndAProgramAnObject() throws Exception {
    Estimate estimate =
        new Estimate(
                1_234_567, 34, 1000, 12, 0, 98_765_432, 3000.4, 2_000_000_000, Optional.empty())
            .priced(0.05, 4);

    estimate.print(captured.terminal().out(), ProgressMode.AUTO, JobFunction.EMBED);
    estimate.print(captured.terminal().out(), ProgressMode.JSON, JobFunction.EMBED);

    List<String> lines = captured.outLines();
    assertThat(lines.subList(0, lines.size() - 1))
        .containsExactly(
            "rows\t1,234,567",
            "rows already there\t34",
            "rows sampled\t1,000",
            "rows without text, about\t12",
            "tokens, about\t98,765,432",
            "tokens/s here, about\t3,000",
            "time, about\t9 h 08 min",
            "output size, about\t1.9 GiB",
            "cost, about\t1.83",
            "cost of a million rows, about\t1.48");
    JsonNode json = new ObjectMapper().readTree(lines.get(lines.size() - 1));
    assertThat(json.get("tokens").asLong()).isEqualTo(98_765_432);
    assertThat(json.get("cost").asDouble()).isEqualTo(1.83);
    assertThat(json.get("costPerMillionRows").asDouble()).isEqualTo(1.48);
    assertThat(json.get("seconds").asDouble()).isCloseTo(98_765_432 / 3000.4, within(0.1));
  }
}
