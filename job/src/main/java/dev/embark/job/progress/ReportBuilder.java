package dev.embark.job.progress;

import dev.embark.engine.model.ModelDescription;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.Secrets;
import dev.embark.job.cli.UserError;
import dev.embark.job.report.RunReport;
import dev.embark.job.run.JobResult;
import dev.embark.job.run.RunEnd;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import dev.embark.spark.models.ModelDescriber;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the {@link RunReport} of a run. */
final class ReportBuilder {
  private static final Logger LOG = LoggerFactory.getLogger(ReportBuilder.class);
  private static final String HEARTBEAT = "spark.executor.heartbeatInterval";

  private final SparkSession spark;
  private final JobSpec spec;
  private final Meter meter;
  private List<WaveResult> before = List.of(); // committed by earlier processes of the run

  ReportBuilder(SparkSession spark, JobSpec spec, Meter meter) {
    this.spark = spark;
    this.spec = spec;
    this.meter = meter;
  }

  void planned(RunPlan plan) {
    before = plan.committed();
  }

  RunReport build(JobResult result, RunEnd end) {
    Optional<FunctionOptions> options = options(result.plan());
    RunTotals totals = result.totals();
    Manifest.Counts input = result.plan().input();
    double heartbeat = spark.sparkContext().conf().getTimeAsMs(HEARTBEAT, "10s") / 1e3;
    return new RunReport(
        RunReport.FORMAT_VERSION,
        ReportBuilder.class.getPackage().getImplementationVersion(),
        run(result),
        new RunReport.Ending(
            end.state().name().toLowerCase(Locale.ROOT),
            result.plan().waves(),
            end.error().orElse(null)),
        new RunReport.Totals(
            totals.counts(),
            input.added(),
            input.changed(),
            input.skipped(),
            input.deleted(),
            input.updated()),
        comparison(result.plan().comparison()),
        result.cost().orElse(null),
        rates(result),
        meter.timeline(heartbeat),
        result.waves().stream().map(ReportBuilder::wave).toList(),
        lengths(totals.lengths()),
        failures(totals.failed()),
        redacted(options.map(FunctionOptions::asMap).orElseGet(spec::functionOptions)),
        known(result.plan().fingerprint()),
        model(options, result.plan()),
        machine(spark.sparkContext()));
  }

  private RunReport.Run run(JobResult result) {
    Instant end = Instant.now();
    Instant here = end.minus(result.took());
    Instant start =
        Stream.concat(Stream.of(here), result.waves().stream().map(WaveResult::start))
            .min(Comparator.naturalOrder())
            .get();
    return new RunReport.Run(
        known(result.plan().runId()),
        spec.function().toString(),
        time(start),
        time(end),
        seconds(result.took()),
        !before.isEmpty(),
        Secrets.redacted(spec.input()),
        Secrets.redacted(result.output()),
        spec.textColumn().orElse(null),
        spec.idColumn().orElse(null));
  }

  private static RunReport.Comparison comparison(Manifest.Comparison made) {
    return made.isWorthReporting()
        ? new RunReport.Comparison(made.by().toString(), made.rowsRead(), made.fallback())
        : null;
  }

  private static RunReport.Rates rates(JobResult result) {
    RowCounts here = result.countsNow();
    double seconds = Math.max(seconds(result.took()), 1e-3);
    return new RunReport.Rates(rounded(here.rows() / seconds), rounded(here.tokens() / seconds));
  }

  private static RunReport.Wave wave(WaveResult wave) {
    RowCounts counts = wave.totals().counts();
    return new RunReport.Wave(
        wave.number(),
        time(wave.start()),
        seconds(wave.took()),
        counts.rows(),
        counts.tokens(),
        counts.failed());
  }

  /**
   * Returns all length ranges from the shortest text to the longest, including empty ranges
   * between.
   */
  private static List<RunReport.Length> lengths(SortedMap<Integer, Long> lengths) {
    List<RunReport.Length> ranges = new ArrayList<>();
    if (!lengths.isEmpty()) {
      for (int upTo = lengths.firstKey(); upTo <= lengths.lastKey(); upTo *= 2) {
        ranges.add(new RunReport.Length(upTo / 2, upTo, lengths.getOrDefault(upTo, 0L)));
      }
    }
    return ranges;
  }

  private static List<RunReport.Failure> failures(Map<String, Long> failed) {
    return failed.entrySet().stream()
        .filter(kind -> kind.getValue() > 0)
        .map(kind -> new RunReport.Failure(kind.getKey(), kind.getValue()))
        .sorted(Comparator.comparingLong(RunReport.Failure::rows).reversed())
        .toList();
  }

  /** Returns the options; empty if they are invalid, which may be why the run failed. */
  private Optional<FunctionOptions> options(RunPlan plan) {
    try {
      // A run without a plan did not come as far as choosing its prompt.
      return Optional.of(FunctionCall.of(spec).options(spark).with(plan.options()));
    } catch (EmbarkException | UserError e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> redacted(Map<String, String> options) {
    Map<String, String> all = new TreeMap<>(options);
    all.replaceAll((key, value) -> Secrets.redacted(value));
    return all;
  }

  private static String known(String value) {
    return value.isEmpty() ? null : value;
  }

  private RunReport.Model model(Optional<FunctionOptions> options, RunPlan plan) {
    // A run without a plan has not used the model, or failed because of it.
    return options.isPresent() && !plan.equals(RunPlan.NONE)
        ? model(options.get())
        : RunReport.Model.named(
            options.map(FunctionOptions::model).map(Secrets::redacted).orElse(null));
  }

  private RunReport.Model model(FunctionOptions options) {
    try {
      ModelDescription model = ModelDescriber.describe(spark, options);
      return new RunReport.Model(
          Secrets.redacted(options.model()),
          model.architecture(),
          model.name().orElse(null),
          model.dimensions(),
          model.context(),
          model.pooling(),
          model.quantisation(),
          model.parameters(),
          model.bytes(),
          model.sha256());
    } catch (EmbarkException e) {
      // Executors may be able to load a model that fails on the driver, because their machines
      // differ.
      LOG.info("The report cannot describe the model: {}", Failures.sentence(e));
      return RunReport.Model.named(Secrets.redacted(options.model()));
    }
  }

  private static RunReport.Machine machine(SparkContext context) {
    int processes = context.statusTracker().getExecutorInfos().length;
    // On a cluster the driver counts as one of them but runs no tasks.
    int executors = context.isLocal() ? 1 : Math.max(1, processes - 1);
    return new RunReport.Machine(
        context.version(),
        context.master(),
        context.applicationId(),
        executors,
        context.defaultParallelism(),
        System.getProperty("java.version"),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  private static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  private static double rounded(double rate) {
    return Math.round(rate * 10) / 10.0;
  }
}
