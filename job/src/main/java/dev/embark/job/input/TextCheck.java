package dev.embark.job.input;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Paths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.spark.sql.SparkSession;

/**
 * Rejects CSV, JSON and plain text that Spark would silently misread: invalid bytes for the
 * encoding, unclosed quotes, lines with too many or too few fields, and JSON documents in other
 * places than Spark expects. Reads each file once, in the tasks of a Spark job.
 */
final class TextCheck {
  /** Bytes per task for files that can be split. */
  private static final long PART = 128L << 20;

  private final SparkSession spark;
  private final JobSpec spec;

  TextCheck(SparkSession spark, JobSpec spec) {
    this.spark = spark;
    this.spec = spec;
  }

  /**
   * Scans files of an input; a no-op for other formats.
   *
   * @throws UserError naming the first faulty file and line
   */
  void check(Source.Input input, List<Path> files) {
    TextOptions options = new TextOptions(input);
    if (!options.isText() || !options.hasKnownCharset()) {
      return;
    }
    TextFaultMessage complaint = new TextFaultMessage(options);
    if (options.cutsCharacters()) {
      throw complaint.ofCutCharacters(spec.input());
    }
    if (files.isEmpty()) {
      return;
    }
    List<TextFileScan> scans = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      scans.addAll(scans(i, files.get(i), files.size(), options));
    }
    List<TextFileScan.Result> results = run(scans);
    refuseFault(results, complaint);
    if (options.comparesHeaders()) {
      refuseOtherHeader(results, complaint);
    }
  }

  private static void refuseFault(List<TextFileScan.Result> results, TextFaultMessage complaint) {
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
    TextFileScan[] all = scans.toArray(TextFileScan[]::new);
    List<String> found =
        FileTasks.map(
            spark, spec.input(), all.length, (index, conf) -> all[index].run(conf).toText());
    return IntStream.range(0, all.length)
        .mapToObj(i -> TextFileScan.Result.of(all[i], found.get(i)))
        .toList();
  }

  private Configuration hadoop() {
    return spark.sessionState().newHadoopConf();
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
