package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.files.FileNames;
import dev.embark.job.run.Termination;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * A faulty input, output or disk ends a run with one sentence and an exit code, and leaves nothing
 * that a reader would take for data.
 */
class BadInputTest {
  private static final int FAILED = 1;
  private static final int BAD_USAGE = 2;
  private static final int ROWS = 60;
  private static final int ROWS_PER_WAVE = 20;

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();
  private final Captured captured = new Captured(false);

  /** Runs the command in the shared test session. */
  @Command(name = "embark run")
  private final class Job implements Callable<Integer> {
    @Mixin private JobSpec spec;

    @Override
    public Integer call() {
      spec.check();
      EmbedJob.run(spark, spec, captured.terminal(), new Termination(spark))
          .print(captured.terminal().out(), JobFunction.EMBED);
      return 0;
    }
  }

  private int run(String output, String... more) {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("--output=" + output, "--quiet"));
    return Cli.of(new Job(), captured.terminal()).execute(arguments.toArray(String[]::new));
  }

  private String output() {
    return folder.resolve("out").toString();
  }

  private String file(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines)).toString();
  }

  private void assertOneSentence(String... parts) {
    assertThat(captured.err().lines())
        .singleElement()
        .asString()
        .startsWith("embark run: ")
        .contains(parts);
    assertThat(captured.out()).isEmpty();
  }

  private void assertRefused(String input, String... parts) throws IOException {
    assertThat(run(output(), "--input=" + input, "--id-column=id")).isEqualTo(FAILED);
    assertOneSentence(parts);
    assertThat(visibleFiles(Path.of(output()))).isEmpty();
  }

  private static List<String> visibleFiles(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (var files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !FileNames.isHidden(name))
          .toList();
    }
  }

  @Test
  void anIdThatIsNull() throws IOException {
    assertRefused(
        file("in.json", "{\"id\":null,\"text\":\"a\"}", "{\"id\":2,\"text\":\"b\"}"),
        "1 row of",
        "has no id",
        "--id-column");
  }

  @Test
  void anIdOfTwoRows() throws IOException {
    assertRefused(
        file("in.json", "{\"id\":7,\"text\":\"a\"}", "{\"id\":7,\"text\":\"b\"}"),
        "1 row of",
        "has an id (id) that another row has too, such as 7",
        "unique");
  }

  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void anIdOfTwoRowsLeavesNoRowInATable(String format) throws IOException {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String input = file("in.json", "{\"id\":7,\"text\":\"a\"}", "{\"id\":7,\"text\":\"b\"}");

    assertThat(
            run(runs.output(), "--input=" + input, "--id-column=id", "--output-format=" + format))
        .isEqualTo(FAILED);

    assertOneSentence("such as 7");
    if (format.equals("iceberg")) {
      assertThat(spark.catalog().tableExists(runs.output())).isFalse();
    } else {
      assertThat(Path.of(output())).doesNotExist();
    }
  }

  @Test
  void aTextColumnOfAnotherType() throws IOException {
    assertRefused(file("in.json", "{\"id\":1,\"text\":2}"), "text", "bigint", "--text-column");
  }

  @ParameterizedTest
  @ValueSource(strings = {"_embark", "_Embark_rank"})
  void aColumnWithANameOfTheJob(String name) throws IOException {
    assertRefused(
        file("in.json", "{\"id\":1,\"text\":\"a\",\"%s\":2}".formatted(name)),
        "has a column " + name,
        "rename");
  }

  @ParameterizedTest
  @CsvSource({
    "--embedding-column=embedding_version, --embedding-column is embedding_version",
    "--embedding-column=_embark, --embedding-column is _embark",
    "--partition-by=.topic, --partition-by names .topic",
    "--partition-by=nix, has no column nix",
    "--partition-by=embedding, --partition-by names embedding",
    "'--partition-by=topic,Topic', --partition-by names Topic twice",
    "--partition-by=ID, --partition-by names ID",
    "--partition-by=tags, --partition-by names tags",
  })
  void aColumnThatCannotBeOfTheOutput(String option, String sentence) throws IOException {
    String input =
        file("in.json", "{\"id\":1,\"text\":\"a\",\"topic\":2,\".topic\":2,\"tags\":[3]}");

    assertThat(run(output(), "--input=" + input, "--id-column=id", option)).isEqualTo(FAILED);

    assertOneSentence(sentence);
    assertThat(visibleFiles(Path.of(output()))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"out/2026, out", "in, in/out"})
  void anInputAndAnOutputThatOverlap(String input, String output) throws IOException {
    Path in = Files.createDirectories(folder.resolve(input)).resolve("in.json");
    Files.writeString(in, "{\"id\":1,\"text\":\"a\"}");

    assertThat(
            run(
                folder.resolve(output).toString(),
                "--input=" + in.getParent(),
                "--input-format=json",
                "--save-mode=overwrite"))
        .isEqualTo(FAILED);

    assertOneSentence(folder.resolve(input).toString(), "one contains the other");
    assertThat(in).exists();
  }

  @ParameterizedTest
  @CsvSource({
    "in/*, in/out",
    "in/*, in/out/2026",
    "in/o*, in/out",
    "'in/{in.json,out}', in/out",
    "in/*.json, in",
    "in/*/*, in/out",
    "in/*.json, in/out.json",
    "i*/in.json, in",
  })
  void aGlobAndAnOutputThatOverlap(String input, String output) throws IOException {
    Path in = Files.createDirectories(folder.resolve("in")).resolve("in.json");
    Files.writeString(in, "{\"id\":1,\"text\":\"a\"}");

    assertThat(
            run(
                folder.resolve(output).toString(),
                "--input=" + folder.resolve(input),
                "--input-format=json",
                "--save-mode=overwrite"))
        .isEqualTo(FAILED);

    assertOneSentence(folder.resolve(output).toString(), "one contains the other");
    assertThat(in).exists();
  }

  /**
   * {@code link} points to {@code in}, and {@code in/sub} to {@code other}, which contains a file.
   */
  @ParameterizedTest
  @CsvSource({
    "link, in",
    "in, link",
    "in, link/out",
    "in, link/out/2026",
    "link, in/out",
    "link/in.json, in",
    "'link/*', in/out",
    "'l*/*', in/out",
    "'link/*.json', in/new.json",
    "in, other",
    "in, other/out",
    "link, other",
    "'in/*', other/out",
    "files, other",
  })
  void anInputAndAnOutputThatOverlapThroughALink(String input, String output) throws IOException {
    Path in = Files.createDirectories(folder.resolve("in")).resolve("in.json");
    Path other = Files.createDirectories(folder.resolve("other")).resolve("other.json");
    Path files = Files.createDirectories(folder.resolve("files"));
    Files.writeString(in, "{\"id\":1,\"text\":\"a\"}");
    Files.writeString(other, "{\"id\":2,\"text\":\"b\"}");
    Files.createSymbolicLink(folder.resolve("link"), in.getParent());
    Files.createSymbolicLink(in.resolveSibling("sub"), other.getParent());
    Files.createSymbolicLink(in.resolveSibling("loop"), in.getParent());
    Files.createSymbolicLink(files.resolve("linked.json"), other);

    assertThat(
            run(
                folder.resolve(output).toString(),
                "--input=" + folder.resolve(input),
                "--input-format=json",
                "--save-mode=append"))
        .isEqualTo(FAILED);

    assertOneSentence("write to another place");
    assertThat(in).exists();
    assertThat(other).exists();
    assertThat(in.resolveSibling("_embark")).doesNotExist();
    assertThat(other.resolveSibling("_embark")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"--save-mode=overwrite", "--new-fingerprint=overwrite"})
  void anOutputThatIsALinkIsNotReplaced(String option) throws IOException {
    Path precious = Files.createDirectories(folder.resolve("precious")).resolve("file.txt");
    Files.writeString(precious, "precious");
    Path link = Files.createSymbolicLink(folder.resolve("out"), precious.getParent());

    assertThat(run(link.toString(), "--input=" + file("in.txt", "a"), option)).isEqualTo(FAILED);

    assertOneSentence(link.toString(), "is a symbolic link to " + precious.getParent(), "--output");
    assertThat(precious).hasContent("precious");
    assertThat(precious.resolveSibling("_embark")).doesNotExist();
  }

  @Test
  void anOutputBehindALinkIsWritten() throws IOException {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    Files.createSymbolicLink(folder.resolve("link"), disk);
    String output = folder.resolve("link").resolve("out").toString();
    for (String mode : List.of("errorifexists", "overwrite", "append")) {
      assertThat(run(output, "--input=" + file(mode + ".txt", "a text"), "--save-mode=" + mode))
          .as(captured.err())
          .isZero();
    }
    assertThat(spark.read().parquet(disk.resolve("out").toString()).count()).isEqualTo(2);
  }

  @Test
  void anOutputNextToTheMatchesOfAGlobIsWritten() throws IOException {
    String row = "{\"id\":1,\"text\":\"a\"}";
    String input = file("in.json", row);
    // Not in the folder above, where the tests of other processes have files of that name.
    Path nested = Files.createDirectories(folder.resolve("nested"));
    Files.writeString(nested.resolve("in.json"), row);

    assertThat(run(output(), "--input=" + input.replace("in.json", "*.json"))).isZero();
    assertThat(run(nested.resolve("out").toString(), "--input=" + folder + "/*/in.json")).isZero();
  }

  @Test
  void anInputWithoutColumns() throws IOException {
    assertRefused(Files.createFile(folder.resolve("in.json")).toString(), "in.json is empty");
  }

  @Test
  void aTextColumnWithinAStruct() throws IOException {
    String input = file("in.json", "{\"id\":1,\"nested\":{\"body\":\"a\"}}");

    assertThat(run(output(), "--input=" + input, "--text-column=nested.body")).isEqualTo(FAILED);

    assertOneSentence("no column nested.body", "nested is a struct", "--query");
  }

  @ParameterizedTest
  @CsvSource({
    "'--dimensions=9999', 'dimensions is 9999, but the model has 384', --dimensions",
    "'--max-tokens=9999', 'maxTokens is 9999', --max-tokens",
    "'--long-text=chunk --max-tokens=20 --option=chunkOverlap=18', 'chunkOverlap is 18',"
        + " chunkOverlap",
    "'--long-text=chunk --max-tokens=6 --prefix=one:two:', 'behind the 4 of the prefix', --prefix",
  })
  void anOptionThatDoesNotFitTheModel(String options, String sentence, String option)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
    arguments.add("--input=" + file("in.txt", "a"));

    assertThat(run(output(), arguments.toArray(String[]::new))).isEqualTo(FAILED);

    assertOneSentence(sentence, "change ", option);
    assertThat(Path.of(output(), "_embark", "manifest.json")).doesNotExist();
    assertThat(Path.of(output(), "_embark", "log")).doesNotExist();
  }

  @Test
  void anInputThatIsNotThere() throws IOException {
    assertRefused(folder.resolve("nix.json").toString(), "There is nothing at", "nix.json");
  }

  private void assertRefusedWithoutTrace(String input, String... parts) throws IOException {
    assertRefused(input, parts);
    assertThat(Path.of(output())).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "json", "csv", "parquet", "orc"})
  void aFolderWithoutVisibleFiles(String format) throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    String option = "--input-format=" + format;
    assertThat(run(output(), "--input=" + in, option)).isEqualTo(FAILED);
    assertOneSentence(in + " has no files to read");

    captured.clear();
    Files.writeString(in.resolve("_x.json"), "{\"id\":1,\"text\":\"a\"}");
    Files.createFile(in.resolve("_SUCCESS"));
    assertThat(run(output(), "--input=" + in, option)).isEqualTo(FAILED);
    assertOneSentence(in + " has only hidden files", ": _x.json; rename");
    assertThat(Path.of(output())).doesNotExist();
  }

  @Test
  void aHiddenFileNextToAVisibleOneIsNamed() throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    for (String name : List.of("_x.json", ".y.json", "z.json", ".z.json.crc", "_SUCCESS")) {
      Files.writeString(in.resolve(name), "{\"id\":1,\"text\":\"a\"}");
    }

    assertThat(run(output(), "--input=" + in)).isZero();

    assertThat(captured.err()).contains("warning: 2 files of " + in + " are not read", "_x.json");
    assertThat(captured.err()).contains(".y.json").doesNotContain("crc", "_SUCCESS");
    assertThat(spark.read().parquet(output()).count()).isOne();
  }

  @ParameterizedTest
  @CsvSource({
    "sub/b.json, key=value: sub/b.json;",
    "k=1/sub/b.json, key=value: sub/b.json;",
    "k=1/b.json, has files next to the partition folder k=1",
  })
  void aFileThatSparkSkips(String other, String sentence) throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.createDirectories(in.resolve(other).getParent());
    Files.writeString(in.resolve("a.json"), "{\"id\":1,\"text\":\"a\"}");
    Files.writeString(in.resolve(other), "{\"id\":2,\"text\":\"b\"}");

    assertRefusedWithoutTrace(in.toString(), sentence, ".json", "recursiveFileLookup=true");

    String[] all = {"--input=" + in, "--input-option=recursiveFileLookup=true"};
    assertThat(run(output(), all)).as(captured.err()).isZero();
    assertThat(spark.read().parquet(output()).count()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"in", "in/a:b.json", "in/*.json", "in/a*"})
  void aNameWithAColon(String input) throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("a:b.json"), "{\"id\":1,\"text\":\"a\"}");

    assertRefusedWithoutTrace(folder.resolve(input).toString(), "colon", "a:b.json", "rename");
  }

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "orc"})
  void aFileThatIsEmptyOrHasOtherColumns(String format) throws IOException {
    Path in = folder.resolve("in." + format);
    String rows = "SELECT id, 'a' AS text FROM range(3)";
    spark.sql(rows).coalesce(1).write().format(format).save(in.toString());
    Path empty = Files.createFile(in.resolve("lost." + format));
    assertRefusedWithoutTrace(in.toString(), "lost." + format);

    captured.clear();
    Files.delete(empty);
    String others = "SELECT id, 'b' AS body, 'c' AS text FROM range(3, 6)";
    spark.sql(others).coalesce(1).write().format(format).mode("append").save(in.toString());
    assertRefusedWithoutTrace(in.toString(), "has no column body", "mergeSchema=true");
    String[] merged = {"--input=" + in, "--input-option=mergeSchema=true"};
    assertThat(run(output(), merged)).as(captured.err()).isZero();
    assertThat(spark.read().parquet(output()).where("body IS NULL").count()).isEqualTo(3);
  }

  @Test
  void aTypeThatOrcWouldReadAsNull() throws IOException {
    Path in = folder.resolve("in.orc");
    for (String text : List.of("id", "'a'")) {
      spark
          .sql("SELECT id, " + text + " AS text FROM range(3)")
          .coalesce(1)
          .write()
          .mode("append")
          .orc(in.toString());
    }

    assertRefusedWithoutTrace(in.toString(), "text", "bigint", "string", "--");
  }

  @Test
  void aRefusedRunLeavesNothing() throws IOException {
    String input = file("in.json", "{\"id\":7,\"text\":\"a\"}", "{\"id\":7,\"text\":\"b\"}");
    String output = folder.resolve("new/deep/out").toString();
    for (String option : List.of("--text-column=nix", "--id-column=id", "--dimensions=999")) {
      assertThat(run(output, "--input=" + input, option)).isEqualTo(FAILED);
    }
    assertThat(folder.resolve("new")).doesNotExist();

    Path kept = Files.createDirectories(folder.resolve("new/deep"));
    assertThat(run(output, "--input=" + input, "--id-column=id")).isEqualTo(FAILED);
    assertThat(kept).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({"'1 AS a, 2 AS A', a and A", "'1 AS text', text and text"})
  void columnsOfTheSameName(String columns, String names) {
    String query = "--query=SELECT 1 AS id, 'x' AS text, " + columns;

    assertThat(run(output(), query)).isEqualTo(FAILED);

    assertOneSentence("the columns " + names);
  }

  @Test
  void anInputFileThatVanishesAfterItWasListed() throws IOException {
    Path victim = oneFileOf(parquet());
    spark.read().parquet(victim.getParent().toString()).createOrReplaceTempView("listed_before");
    Files.delete(victim);

    assertRefused("listed_before", victim.getFileName().toString(), "not exist");
  }

  @Test
  void aParquetFileThatIsNone() throws IOException {
    Path victim = oneFileOf(parquet());
    Files.writeString(victim, "this is no Parquet file, though it is called one");

    assertRefused(
        victim.getParent().toString(), "not a Parquet file", victim.getFileName().toString());
  }

  @Test
  void aParquetFileThatLostItsTail() throws IOException {
    Path victim = oneFileOf(parquet());
    byte[] whole = Files.readAllBytes(victim);
    Files.write(victim, Arrays.copyOf(whole, whole.length - 9));

    assertRefused(
        victim.getParent().toString(), "not a Parquet file", victim.getFileName().toString());
  }

  /** A task of a job that failed may write into the folder until Spark has cancelled it. */
  @AfterEach
  void tasksHaveEnded() {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (runsTasks() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
  }

  private boolean runsTasks() {
    return Arrays.stream(spark.sparkContext().statusTracker().getExecutorInfos())
        .anyMatch(executor -> executor.numRunningTasks() > 0);
  }

  private Path parquet() {
    Path input = folder.resolve("in.parquet");
    spark
        .sql("SELECT id, 'a' AS text FROM range(10)")
        .repartition(2)
        .write()
        .parquet(input.toString());
    return input;
  }

  /** Returns a data file, after deleting its checksum file. */
  private static Path oneFileOf(Path parquet) throws IOException {
    try (var files = Files.newDirectoryStream(parquet, "part-*.parquet")) {
      Path file = files.iterator().next();
      Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
      return file;
    }
  }

  @Test
  void anOutputThatIsAFile() throws IOException {
    String file = file("out", "a file where a folder has to be");

    assertThat(run(file, "--input=" + file("in.txt", "a"), "--save-mode=overwrite"))
        .isEqualTo(FAILED);

    assertOneSentence(file);
    assertThat(Path.of(file)).hasContent("a file where a folder has to be");
  }

  @Test
  void anOutputThatMayNotBeWritten() throws IOException {
    SmallDisk.readOnly();

    assertThat(run("small:" + output(), "--input=" + file("in.txt", "a"))).isEqualTo(FAILED);

    assertOneSentence("Permission denied", "small:" + output());
    assertThat(Path.of(output())).doesNotExist();
  }

  @Test
  void anOutputThatMayOnlyBeRead() throws IOException {
    String input = "--input=" + file("in.txt", "a");
    SmallDisk.withRoomFor(Long.MAX_VALUE);
    assertThat(run("small:" + output(), input)).isZero();
    SmallDisk.readOnly();

    assertThat(run("small:" + output(), input, "--save-mode=ignore")).isZero();
    assertThat(run("small:" + output(), input)).isEqualTo(FAILED);
    assertThat(captured.err()).contains("There is something at small:" + output());
    assertThat(run("small:" + output(), input, "--save-mode=overwrite")).isEqualTo(FAILED);
    assertThat(captured.err()).contains("Cannot lock small:" + output());
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(ints = {10, 50, 90})
  void aDiskThatFillsUpAtSomePercentOfARun(int percent) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int id = 0; id < ROWS; id++) {
      lines.add("{\"id\":%d,\"text\":\"text number %d\"}".formatted(id, id));
    }
    String[] job = {
      "--input=" + file("in.json", lines.toArray(String[]::new)),
      "--id-column=id",
      "--rows-per-wave=" + ROWS_PER_WAVE
    };
    SmallDisk.withRoomFor(Long.MAX_VALUE);
    assertThat(run("small:" + folder.resolve("calm"), job)).isZero();
    long needed = Long.MAX_VALUE - SmallDisk.left();

    SmallDisk.withRoomFor(needed * percent / 100);
    assertThat(run("small:" + output(), job)).isEqualTo(FAILED);
    assertThat(captured.err()).contains("No space left on device").doesNotContain("\tat ");
    assertThat(wholeWaves()).isLessThan(ROWS);

    SmallDisk.withRoomFor(Long.MAX_VALUE);
    assertThat(run("small:" + output(), job)).as(captured.err()).isZero();
    assertThat(wholeWaves()).isEqualTo(ROWS);
  }

  /** Returns the rows of the output, in which each wave is either complete or absent. */
  private long wholeWaves() throws IOException {
    if (visibleFiles(Path.of(output())).isEmpty()) {
      return 0;
    }
    var rows = spark.read().parquet(output());
    long count = rows.count();
    assertThat(rows.where("size(embedding) = 384").select("id").distinct().count())
        .isEqualTo(count);
    assertThat(count % ROWS_PER_WAVE).isZero();
    return count;
  }

  @Test
  void anOptionWithoutAValue() throws IOException {
    assertThat(run(output(), "--input=in.json", "--option=maxTokens")).isEqualTo(BAD_USAGE);

    assertThat(captured.err()).contains("Value for option '--option' (KEY=VALUE)");
  }

  @Test
  void aCommandThatCannotBe() throws IOException {
    assertThat(run(output())).isEqualTo(BAD_USAGE);
    assertThat(run(output(), "--input=in.json", "--max-failed=few")).isEqualTo(BAD_USAGE);
    assertThat(run(output(), "--input=in.json", "--retry-quarantined")).isEqualTo(BAD_USAGE);

    assertThat(captured.err().lines().filter(line -> line.startsWith("embark run: "))).hasSize(3);
    assertThat(Path.of(output())).doesNotExist();
  }
}
