package dev.embark.job.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Columns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every row of a damaged file is read as it was written, or the file is named. The expected rows
 * are those of the generator.
 */
class DamagedFilesTest {
  private static final int FILES = 200;
  private static final int[] FEW = {5, 31, 37, 42, 48, 58, 61, 66, 78, 86, 112, 117};

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  @Test
  void aRowOfSomeDamagedFilesIsReadOrItsFileIsNamed() throws IOException {
    assertThat(lost(IntStream.of(FEW))).isEmpty();
  }

  @Tag("stores")
  @Test
  void aRowOfAnyDamagedFileIsReadOrItsFileIsNamed() throws IOException {
    assertThat(lost(IntStream.range(0, FILES))).isEmpty();
  }

  private List<String> lost(IntStream seeds) throws IOException {
    List<String> lost = new ArrayList<>();
    for (int seed : seeds.toArray()) {
      DamagedFile file = DamagedFile.of(spark, folder, seed);
      fault(file)
          .ifPresent(
              fault -> lost.add("%s, %s: %s".formatted(file.format(), file.folder(), fault)));
    }
    return lost;
  }

  /** Returns what is wrong with the rows that a run would read; empty if nothing is. */
  private Optional<String> fault(DamagedFile file) {
    List<Row> read;
    String text;
    boolean hasCorrupt;
    try {
      JobSpec spec =
          new Runs(folder, "parquet")
              .spec(file.folder().toString(), "--input-format=" + file.format());
      Source.Input input = new Source(spark, spec, Sink.of(spark, spec)).open();
      InputCheck.check(spark, spec, input);
      text = input.textColumn();
      hasCorrupt = Arrays.asList(input.rows().columns()).contains(Source.CORRUPT_COLUMN);
      Dataset<Row> rows = input.rows().cache(); // Spark refuses to read corrupt records alone
      read = rows.select(Columns.quoted(text)).collectAsList();
      rows.unpersist();
    } catch (Exception e) {
      String sentence = Failures.sentence(e);
      return file.names().stream().anyMatch(sentence::contains)
          ? Optional.empty()
          : Optional.of("no file is named by: " + sentence);
    }
    List<String> texts = read.stream().map(row -> row.getString(0)).filter(t -> t != null).toList();
    Set<String> distinct = new HashSet<>(texts);
    List<String> missing =
        file.texts().stream().filter(expected -> !distinct.contains(expected)).toList();
    if (!missing.isEmpty()) {
      return Optional.of("missing " + missing.size() + ", such as " + shown(missing.get(0)));
    }
    int others = read.size() - file.texts().size();
    return others > file.damaged() && !hasCorrupt
        ? Optional.of(others + " rows that nobody wrote")
        : Optional.empty();
  }

  private static String shown(String text) {
    return text.substring(0, Math.min(80, text.length()));
  }
}
