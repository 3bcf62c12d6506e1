package dev.embark.job.scan;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Paths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;

/**
 * Rejects CSV, JSON and plain text that Spark would silently misread: invalid bytes for the
 * encoding, unclosed quotes, lines with too many or too few fields, and JSON documents in other
 * places than Spark expects. Reads each file once, in the tasks of a Spark job.
 */
public final class TextCheck {
  /** Bytes per task for files that can be split. */
  private static final long PART = 128L << 20;

  private final SparkSession spark;
  private final String input;

  /**
   * @param input name of the input for messages
   */
  public TextCheck(SparkSession spark, String input) {
    this.spark = spark;
    this.input = input;
  }

  /**
   * Scans files of an input; a no-op for other formats.
   *
   * @throws UserError naming the first faulty file and line
   */
  public void check(TextOptions options, List<Path> files) {
    if (!options.isText() || !options.hasKnownCharset()) {
      return;
    }
    TextFaultMessage complaint = new TextFaultMessage(options);
    if (options.cutsCharacters()) {
      throw complaint.ofCutCharacters(input);
    }
    if (files.isEmpty()) {
      return;
    }
    List<TextFileScan.Result> results = run(scans(files, options));
    refuseFault(results, complaint);
    if (options.comparesHeaders()) {
      refuseOtherHeader(results, complaint);
    }
  }

  /**
   * Scans JSON files and infers their columns from the lines on the way, which is what Spark's
   * reader does in a pass of its own, for which it lists each file again.
   *
   * @param options of files that have {@linkplain TextOptions#hasDocumentLines a document on each
   *     line}
   * @return the columns as Spark's reader infers them, without those of partitions
   * @throws UserError naming the first faulty file and line
   */
  public StructType columns(TextOptions options, List<Path> files) {
    List<TextFileScan> all = scans(files, options);
    if (all.isEmpty()) {
      return new StructType();
    }
    TextFileScan first = all.get(0);
    CollectionAccumulator<String> ended = spark.sparkContext().collectionAccumulator();
    StructType columns =
        FileTasks.ofLines(
            spark,
            input,
            places(all),
            (index, place, conf) ->
                new DocumentLines(first.at(place), conf, end -> ended.add(index + " " + end)),
            lines -> spark.read().options(options.given()).json(lines).schema());
    // A task that ran twice has added its results twice.
    SortedMap<Integer, TextFileScan.Result> results = new TreeMap<>();
    for (String end : ended.value()) {
      String[] parts = end.split(" ", 2);
      int index = Integer.parseInt(parts[0]);
      results.put(index, TextFileScan.Result.of(all.get(index), parts[1]));
    }
    refuseFault(results.values(), new TextFaultMessage(options));
    return columns;
  }

  private static void refuseFault(
      Collection<TextFileScan.Result> results, TextFaultMessage complaint) {
    long lines = 0;
    for (TextFileScan.Result result : results) {
      if (result.scan().from() <= 0) {
        lines = 0;
      }
      if (result.fault() != null) {
        throw complaint.of(result.scan(), result.fault().after(lines));
      }
      lines += result.lines();
    }
  }

  /** Spark applies the header of one file to all files, matching columns by position. */
  private static void refuseOtherHeader(
      List<TextFileScan.Result> results, TextFaultMessage complaint) {
    TextFileScan.Result first = null;
    for (TextFileScan.Result result : results) {
      if (first == null && !result.header().isEmpty()) {
        first = result;
      } else if (!result.header().isEmpty() && !result.header().equalsIgnoreCase(first.header())) {
        throw complaint.ofHeaders(first.scan(), result.scan());
      }
    }
  }

  private List<TextFileScan.Result> run(List<TextFileScan> scans) {
    TextFileScan first = scans.get(0);
    List<String> found =
        FileTasks.map(
            spark, input, places(scans), (place, conf) -> first.at(place).run(conf).toText());
    return IntStream.range(0, found.size())
        .mapToObj(i -> TextFileScan.Result.of(scans.get(i), found.get(i)))
        .toList();
  }

  private static List<String> places(List<TextFileScan> scans) {
    return scans.stream().map(TextFileScan::place).toList();
  }

  private Configuration hadoop() {
    return spark.sessionState().newHadoopConf();
  }

  private List<TextFileScan> scans(List<Path> files, TextOptions options) {
    List<TextFileScan> scans = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      scans.addAll(scans(i, files.get(i), files.size(), options));
    }
    return scans;
  }

  /** Splits large files if there are few, so that all cores have work. */
  private List<TextFileScan> scans(int number, Path file, int files, TextOptions options) {
    boolean isCut =
        files < 4 * spark.sparkContext().defaultParallelism()
            && options.csv().isEmpty()
            && !options.isMultiLine()
            && options.charset().equalsIgnoreCase(StandardCharsets.UTF_8.name())
            && new CompressionCodecFactory(hadoop()).getCodec(file) == null;
    long length = isCut ? length(file) : 0;
    if (length <= PART) {
      return List.of(scan(number, file, 0, TextFileScan.WHOLE, options));
    }
    List<TextFileScan> scans = new ArrayList<>();
    for (long from = 0; from < length; from += PART) {
      scans.add(scan(number, file, from, Math.min(length, from + PART), options));
    }
    return scans;
  }

  private static TextFileScan scan(int number, Path file, long from, long to, TextOptions options) {
    return new TextFileScan(
        number,
        file.toString(),
        from,
        to,
        options.charset(),
        options.csv().orElse(null),
        options.json().orElse(null));
  }

  private long length(Path file) {
    try {
      return Paths.fileSystem(spark, file).getFileStatus(file).getLen();
    } catch (IOException e) {
      throw new UserError("Cannot read %s (%s)".formatted(file, Failures.sentence(e)), e);
    }
  }
}
