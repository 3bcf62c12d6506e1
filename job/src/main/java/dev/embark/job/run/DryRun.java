package dev.embark.job.run;

import static org.apache.spark.sql.functions.approx_count_distinct;
import static org.apache.spark.sql.functions.lit;

import dev.embark.job.changes.ChangeFinder;
import dev.embark.job.changes.Changes;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.input.InputCheck;
import dev.embark.job.input.PartitionValues;
import dev.embark.job.input.RowRules;
import dev.embark.job.input.Sample;
import dev.embark.job.input.Source;
import dev.embark.job.input.UniqueIds;
import dev.embark.job.sink.Rehearsal;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Fingerprint;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.Paths;
import dev.embark.job.state.PromptChoice;
import dev.embark.job.state.StateFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * Estimates the work of a run without writing anything. Performs all checks that precede a run's
 * first wave, counts the rows to process and processes a sample of them.
 */
public final class DryRun {
  static final int SAMPLED_ROWS = 1000;

  /** A few seconds of work for one CPU core with a small model. */
  private static final int TIMED_TOKENS_PER_CORE = 4096;

  /** The default number of concurrent prompts in a task. */
  private static final int TIMED_PROMPTS_PER_CORE = 16;

  private static final String DETAIL = "_embark";

  private final SparkSession spark;
  private final JobSpec spec;
  private final Consumer<String> warnings;
  private FunctionCall call; // with its prompt once the checks have begun
  private Optional<Changes> changes = Optional.empty(); // of an incremental run

  public DryRun(SparkSession spark, JobSpec spec, Consumer<String> warnings) {
    this.spark = spark;
    this.spec = spec;
    this.warnings = warnings;
    this.call = FunctionCall.of(spec);
  }

  /**
   * Runs the checks and returns the estimate.
   *
   * @throws UserError for every condition that would stop a run before its first wave
   */
  public Estimate run() {
    Sink sink = Sink.of(spark, spec);
    call =
        new PromptChoice(spark, spec, warnings).choose(call, sink.state().map(StateFolder::load));
    RunStart start = new RunStart(spark, spec, sink, Fingerprint.of(spark, call));
    call.checkFit(spark);
    PendingRows rows = left(sink, start).orElseGet(() -> toDo(sink, start));
    loadModel();
    try (Sample sample = Sample.of(rows.rows(), rows.count(), SAMPLED_ROWS)) {
      Estimate estimate = estimate(rows, sample);
      return spec.pricePerCoreHour().isPresent()
          ? estimate.priced(spec.pricePerCoreHour().getAsDouble(), cores())
          : estimate;
    } finally {
      changes.ifPresent(Changes::close);
    }
  }

  /**
   * Returns the remaining rows of a run that would be resumed from its own, already checked copy of
   * the input.
   */
  private Optional<PendingRows> left(Sink sink, RunStart start) {
    Optional<StateFolder> state = sink.state();
    return state
        .flatMap(there -> start.resumable(there.load()))
        .map(interrupted -> PendingRows.left(spark, state.get(), interrupted));
  }

  private PendingRows toDo(Sink sink, RunStart start) {
    Source.Input input = new Source(spark, spec, sink).open();
    input.warnings().forEach(warnings);
    SerializerCheck.check(start.schema(input));
    sink.state().ifPresent(state -> Paths.checkWritable(spark, state.toString()));
    if (!sink.exists()) {
      return checked(sink, start, input, PendingRows.all(input));
    }
    StateFolder state = sink.state().orElseThrow();
    Manifest complete = state.load().withoutUnfinished();
    Optional<RunStart.Way> way = start.choose(complete, input);
    changes =
        way.filter(RunStart.Way::isIncremental)
            .map(
                incremental ->
                    start.changes(complete, new ChangeFinder(spark, spec, input), state));
    changes
        .flatMap(Changes::fallback)
        .ifPresent(reason -> warnings.accept(RunOpener.FALLBACK + reason));
    PendingRows rows =
        way.isEmpty()
            ? PendingRows.none(input)
            : PendingRows.ofNewRun(complete, start, input, changes);
    return checked(sink, start, input, rows);
  }

  private PendingRows checked(Sink sink, RunStart start, Source.Input input, PendingRows rows) {
    Dataset<Row> read = changes.map(Changes::plain).orElse(input.rows());
    InputCheck.check(
        spark, spec, input, changes.map(Changes::files).orElseGet(() -> Paths.files(input.rows())));
    new UniqueIds(spec).check(read);
    PartitionValues.check(spec, rows.rows());
    new Rehearsal(spark, spec, sink).check(start.schema(input));
    new RowRules(spec, sink).check(read, input.textColumn());
    return rows;
  }

  /** Loads the model on every core first, so that load time does not distort the measurements. */
  private void loadModel() {
    int cores = cores();
    force(spark.range(0, cores, 1, cores).select(call.result(lit("warm up"))));
  }

  private Estimate estimate(PendingRows rows, Sample sample) {
    String textColumn = rows.textColumn();
    SampledTexts texts = SampledTexts.of(spark, call, sample, textColumn);
    Looked looked = spec.function() == JobFunction.EMBED ? embed(texts) : answer(texts);
    int withoutText = sample.size() - texts.lengths().size();
    double times = sample.size() == 0 ? 0 : (double) rows.count() / sample.size();
    double share = 1 - (withoutText + looked.failing()) / Math.max(1, sample.size());
    double bytes =
        OutputSize.bytesPerRow(spark, spec.outputSpec().format(), sample, looked.results(), share);
    return new Estimate(
        rows.all(),
        rows.all() - rows.count(),
        sample.size(),
        Math.round(withoutText * times),
        Math.round(looked.failing() * times),
        Math.round(
            looked.tokens()
                * times
                * distinctShare(rows.rows(), textColumn, rows.count() - withoutText * times)),
        looked.tokensPerSecond(),
        Math.round(rows.count() * bytes),
        Optional.empty());
  }

  /**
   * Measurements of the sampled texts.
   *
   * @param failing number of sampled texts without a result, extrapolated if only some were
   *     processed
   * @param tokens tokens of all sampled texts, or of their answers
   * @param tokensPerSecond throughput; 0 if no text has a result
   * @param results results of some of the texts, in a single column
   */
  private record Looked(double failing, double tokens, double tokensPerSecond, List<Row> results) {}

  /** Counts the tokens of all sampled texts, which is cheap, and embeds some of them. */
  private Looked embed(SampledTexts texts) {
    long failing = texts.lengths().stream().filter(text -> text.tokens() == 0).count();
    long tokens = texts.lengths().stream().mapToLong(SampledTexts.Length::tokens).sum();
    List<Integer> timed = new ArrayList<>();
    long timedTokens = 0;
    for (SampledTexts.Length text : texts.lengths()) {
      if (text.tokens() > 0 && timedTokens < (long) TIMED_TOKENS_PER_CORE * cores()) {
        timed.add(text.order());
        timedTokens += text.headTokens();
      }
    }
    Timed computed = time(texts.heads(timed));
    return new Looked(
        failing,
        tokens,
        timedTokens == 0 ? 0 : timedTokens / computed.seconds(),
        results(computed.rows()));
  }

  /** Answers some of the prompts, because only generation shows the length of answers. */
  private Looked answer(SampledTexts prompts) {
    List<Integer> few =
        prompts.lengths().stream()
            .limit((long) TIMED_PROMPTS_PER_CORE * cores())
            .map(SampledTexts.Length::order)
            .toList();
    Timed answered = time(prompts.whole(few));
    List<Row> done =
        answered
            .rows()
            .where(call.error(DETAIL).isNull())
            .select(call.tokens(DETAIL))
            .collectAsList();
    long tokens = done.stream().mapToLong(row -> row.getInt(0)).sum();
    double times = (double) prompts.lengths().size() / Math.max(1, few.size());
    return new Looked(
        (few.size() - done.size()) * times,
        tokens * times,
        tokens == 0 ? 0 : tokens / answered.seconds(),
        results(answered.rows()));
  }

  /** Returns the fraction of texts that remain after deduplication. */
  private double distinctShare(Dataset<Row> rows, String textColumn, double texts) {
    if (!spec.dedupe() || texts < 1) {
      return 1;
    }
    long distinct =
        rows.select(approx_count_distinct(Columns.quoted(textColumn))).first().getLong(0);
    return Math.min(1, distinct / texts);
  }

  /** The {@link FunctionCall#detail} of texts and the seconds spent on computing it. */
  private record Timed(Dataset<Row> rows, double seconds) {}

  private Timed time(Dataset<Row> texts) {
    Dataset<Row> spread = texts.repartition(cores()).persist(StorageLevel.DISK_ONLY());
    try {
      spread.count(); // excludes reading the sample from the measured time
      Dataset<Row> detailed =
          spread.select(call.detail(Columns.quoted(SampledTexts.TEXT)).as(DETAIL));
      long start = System.nanoTime();
      List<Row> computed = detailed.collectAsList();
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Timed(spark.createDataFrame(computed, detailed.schema()), seconds);
    } finally {
      spread.unpersist(true);
    }
  }

  /** Returns the results as the output would store them. */
  private List<Row> results(Dataset<Row> detailed) {
    return detailed.select(call.result(DETAIL).as(spec.resultColumn())).collectAsList();
  }

  private int cores() {
    return spark.sparkContext().defaultParallelism();
  }

  private static void force(Dataset<Row> rows) {
    rows.write().format("noop").mode("overwrite").save();
  }
}
