package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.embark.job.cli.UserError;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.Estimate;
import dev.embark.job.run.JobResult;
import dev.embark.spark.metrics.ApplicationProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParameterException;

/** Runs with {@code --explode-chunks}. */
class ExplodedChunksTest {
  private static final String LONG = "Rye bread is dense. The harbour is closed by ice. It snows.";

  @TempDir private Path folder;

  private Runs runs(String format) {
    Assumptions.assumeTrue(!List.of("delta", "iceberg").contains(format) || LocalSpark.hasTables());
    return new Runs(folder, format);
  }

  private static JobResult run(Runs runs, Map<Integer, String> texts, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--explode-chunks", "--option=chunkTokens=9", "--id-column=id"));
    arguments.addAll(List.of(more));
    return runs.run(runs.json("in.json", new TreeMap<>(texts)), arguments.toArray(String[]::new));
  }

  /** Texts of the chunks by id, of the newest version in files. */
  private static List<String> chunks(Runs runs, int id) {
    Dataset<Row> rows = runs.written().where("id = " + id);
    if (List.of(rows.columns()).contains("embedding_version")) {
      int newest = rows.selectExpr("max(embedding_version)").head().getInt(0);
      rows = rows.where("embedding_version = " + newest);
    }
    return rows.orderBy("chunk_position").collectAsList().stream()
        .map(row -> row.<String>getAs("chunk_text"))
        .toList();
  }

  @Test
  void aTextBecomesARowPerChunkAndChunksOfOtherOptionsAreNotMixedIn() throws IOException {
    Runs runs = runs("parquet");
    Map<Integer, String> texts = new TreeMap<>(Map.of(1, LONG, 2, "It snows.", 7, LONG));
    texts.put(3, null);

    JobResult result = run(runs, texts, "--dedupe");

    assertThat(result.counts().rows()).isEqualTo(4);
    assertThat(result.counts().nulls()).isEqualTo(1);
    assertThat(result.counts().deduplicated()).isEqualTo(1);
    assertThat(result.counts().chunked()).isEqualTo(2);
    assertThat(runs.written().columns())
        .containsExactly(
            "id",
            "text",
            "chunk_position",
            "chunk_begin",
            "chunk_end",
            "chunk_text",
            "embedding",
            "embedding_version");
    assertThat(chunks(runs, 1))
        .containsExactly("Rye bread is dense.", "The harbour is closed by ice.", "It snows.");
    assertThat(chunks(runs, 7)).isEqualTo(chunks(runs, 1));
    assertThat(chunks(runs, 2)).containsExactly("It snows.");
    Row none = runs.written().where("id = 3").head();
    assertThat(none.isNullAt(2) && none.isNullAt(5) && none.isNullAt(6)).isTrue();
    assertThat(
            runs.written()
                .where("id <> 3")
                .selectExpr(
                    "substring(text, chunk_begin + 1, chunk_end - chunk_begin) = chunk_text",
                    "cosine_similarity(embedding, embed(chunk_text)) > 0.99999")
                .distinct()
                .collectAsList()
                .toString())
        .isEqualTo("[[true,true]]");

    assertThatThrownBy(() -> run(runs, texts, "--save-mode=append", "--option=lateChunking=true"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("lateChunking is true here and false there");
    assertThatThrownBy(
            () ->
                runs.run(
                    runs.json("b.json", Map.of(2, LONG)), "--id-column=id", "--save-mode=append"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("The results of");
  }

  @Tag("stores")
  @Test
  void theDryRunCountsTheTokensOfTheChunks() throws IOException {
    Runs runs = runs("parquet");
    String input = runs.json("in.json", new TreeMap<>(Map.of(1, LONG, 2, "It snows.")));
    String[] arguments = {"--explode-chunks", "--option=chunkTokens=9", "--id-column=id"};

    Estimate estimate =
        new DryRun(LocalSpark.session(), runs.spec(input, arguments), warning -> {}).run();
    JobResult result = runs.run(input, arguments);

    // Windows of as many tokens are counted, not chunks.
    assertThat((double) estimate.tokens())
        .isCloseTo(result.counts().tokens(), withinPercentage(10));
    long vectors = runs.written().count() * 384 * Float.BYTES;
    assertThat((double) estimate.bytes()).isBetween(vectors * 1.0, vectors * 1.2);
  }

  @Test
  void chunksOfChangedTextsInFilesAreSuperseded() throws IOException {
    onDayTwoOnlyNewAndChangedTextsAreCut("parquet");
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"delta", "iceberg"})
  void chunksOfChangedTextsInTablesGo(String format) throws IOException {
    onDayTwoOnlyNewAndChangedTextsAreCut(format);
  }

  private void onDayTwoOnlyNewAndChangedTextsAreCut(String format) throws IOException {
    Runs runs = runs(format);
    Map<Integer, String> dayOne = new TreeMap<>(Map.of(1, LONG, 2, LONG, 3, "One.", 4, "Gone."));
    boolean isTable = !format.equals("parquet");
    String wave = "--rows-per-wave=" + (isTable ? 2 : 100);
    run(runs, dayOne, wave);
    Map<Integer, String> dayTwo = new TreeMap<>(dayOne);
    dayTwo.remove(4);
    dayTwo.put(2, "It snows."); // fewer chunks
    dayTwo.put(3, LONG); // more
    dayTwo.put(5, LONG);
    long before = ApplicationProgress.of(LocalSpark.session()).ended().rows();

    JobResult result = run(runs, dayTwo, "--save-mode=append", wave);

    assertThat(ApplicationProgress.of(LocalSpark.session()).ended().rows() - before).isEqualTo(3);
    assertThat(result.plan().input().added()).isEqualTo(1);
    assertThat(result.plan().input().changed()).isEqualTo(2);
    assertThat(result.plan().input().skipped()).isEqualTo(1);
    assertThat(result.plan().input().deleted()).isEqualTo(1);
    assertThat(chunks(runs, 1)).hasSize(3);
    assertThat(chunks(runs, 2)).containsExactly("It snows.");
    assertThat(chunks(runs, 3)).hasSize(3);
    assertThat(chunks(runs, 5)).hasSize(3);
    if (isTable) {
      assertThat(runs.written().count()).isEqualTo(3 + 1 + 3 + 1 + 3);
      assertThat(run(runs, dayTwo, "--save-mode=append").counts().rows()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--max-tokens=9 | There is no embed_chunks option 'maxTokens'. It is for texts that are"
            + " embedded whole; the size of a chunk is chunkTokens.",
        "--function=generate | --explode-chunks is for vectors; leave out --function generate",
        "--compare-columns=text --save-mode=append | --compare-columns keeps the result of a row,"
            + " but --explode-chunks writes several rows of a text; leave one of them out",
        "--new-fingerprint=add-column | --new-fingerprint add-column adds a"
            + " column to the rows of an output, but other chunks are other rows; write to another"
            + " --output",
      })
  void whatDoesNotGoWithChunksIsRefused(String arguments, String message) {
    Runs runs = new Runs(folder, arguments.contains("add-column") ? "delta" : "parquet");
    List<String> all = new ArrayList<>(List.of("--explode-chunks", "--id-column=id"));
    all.addAll(List.of(arguments.split(" ")));

    assertThatThrownBy(() -> runs.spec("in.json", all.toArray(String[]::new)))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(message);
  }

  @Test
  void sizesWithoutRoomAreRefusedBeforeTheInputIsRead() {
    Runs runs = runs("parquet");

    assertThatThrownBy(() -> run(runs, Map.of(1, LONG), "--option=chunkOverlap=8"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(
            "chunkOverlap is 8, but a chunk of chunkTokens=9 has room for 7 tokens of text")
        .hasMessageContaining("change --option chunkTokens or --option chunkOverlap");
  }

  @Test
  void anInputWithAColumnOfTheChunksIsRefused() throws IOException {
    Runs runs = runs("parquet");
    String input = runs.json("in.json", Map.of(1, LONG));

    assertThatThrownBy(
            () ->
                runs.run(
                    null,
                    "--query=SELECT *, 1 AS chunk_begin FROM json.`" + input + "`",
                    "--text-column=text",
                    "--explode-chunks"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has a column chunk_begin already");
  }
}
