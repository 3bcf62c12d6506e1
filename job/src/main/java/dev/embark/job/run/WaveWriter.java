package dev.embark.job.run;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import dev.embark.engine.rows.RowCounter;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.files.ScratchFiles;
import dev.embark.job.input.RunInput;
import dev.embark.job.state.CanonicalId;
import dev.embark.job.state.Columns;
import dev.embark.job.state.FunctionCall;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.storage.StorageLevel;

/**
 * Computes the results of a wave once and stores them, in the wave's folder or on the disks of the
 * executors, from where the output, the quarantine and the report are produced.
 *
 * <p>Rows are repartitioned randomly into more tasks than cores. This avoids skew from long texts
 * that are adjacent in the input and lets slow cores take fewer tasks.
 */
public final class WaveWriter {
  private static final String DETAIL = "_embark";
  private static final int TASKS_PER_CORE = 2;
  private static final int ROWS_WORTH_A_TASK = 500;

  private final SparkSession spark;
  private final JobSpec spec;
  private final String text;
  private final FunctionCall call;
  private final OptionalInt window;
  private final List<Dataset<Row>> persisted = new ArrayList<>();

  public WaveWriter(SparkSession spark, JobSpec spec, String textColumn, FunctionCall call) {
    this.spark = spark;
    this.spec = spec;
    this.text = textColumn;
    this.call = call;
    this.window = call.window(spark);
  }

  /** Computed rows of a wave: the columns of the input and the detail column. */
  record Embedded(Dataset<Row> rows, RunTotals totals) {}

  /**
   * Computes the results; blocks until they are computed.
   *
   * @param folder folder of the wave, whose content is replaced
   * @param isKept whether the results are written to the folder, for another process to read;
   *     otherwise they are on the disks of the executors until {@link #release}
   */
  Embedded embed(Dataset<Row> rows, long count, Path folder, boolean isKept) {
    if (spec.dedupe()) {
      return embedDistinct(rows, count, folder, isKept);
    }
    Dataset<Row> computed =
        repartitioned(toCompute(rows), count).withColumn(DETAIL, call.detail(Columns.quoted(text)));
    Dataset<Row> embedded = stored(withKept(computed, rows), isKept, embedded(folder));
    return new Embedded(embedded, totals(toCompute(embedded)).plus(kept(embedded)));
  }

  private static boolean keepsResults(Dataset<Row> rows) {
    return List.of(rows.columns()).contains(RunInput.KEPT);
  }

  /** Returns the rows without those that keep their result. */
  private static Dataset<Row> toCompute(Dataset<Row> rows) {
    return keepsResults(rows) ? rows.where(col(RunInput.KEPT).isNull()).drop(RunInput.KEPT) : rows;
  }

  /** Adds the rows that keep their result, which never reach the model. */
  private static Dataset<Row> withKept(Dataset<Row> computed, Dataset<Row> rows) {
    if (!keepsResults(rows)) {
      return computed;
    }
    Dataset<Row> kept = rows.where(col(RunInput.KEPT).isNotNull());
    DataType result = kept.select(RunInput.KEPT).schema().apply(0).dataType();
    DataType detail = computed.select(DETAIL).schema().apply(0).dataType();
    return computed
        .withColumn(RunInput.KEPT, lit(null).cast(result))
        .unionByName(kept.withColumn(DETAIL, lit(null).cast(detail)));
  }

  private static RunTotals kept(Dataset<Row> embedded) {
    long rows = keepsResults(embedded) ? embedded.where(col(RunInput.KEPT).isNotNull()).count() : 0;
    return new RunTotals(
        RowCounts.NONE.with(RowCounter.ROWS, rows), new TreeMap<>(), new TreeMap<>());
  }

  private Embedded embedDistinct(Dataset<Row> rows, long count, Path folder, boolean isKept) {
    Column own = Columns.quoted(text);
    String distinct = "_embark_text";
    Dataset<Row> distinctTexts =
        toCompute(rows).select(own.as(distinct)).where(col(distinct).isNotNull()).distinct();
    Dataset<Row> texts =
        stored(
            repartitioned(distinctTexts, count).withColumn(DETAIL, call.detail(col(distinct))),
            isKept,
            new Path(folder, "texts"));
    RowCounts once = totals(texts).counts();
    Dataset<Row> computed =
        toCompute(rows).join(texts, own.equalTo(col(distinct)), "left_outer").drop(distinct);
    Dataset<Row> embedded = stored(withKept(computed, rows), isKept, embedded(folder));
    RunTotals each = totals(toCompute(embedded));
    long spared = each.counts().rows() - each.counts().nulls() - once.rows();
    RowCounts counts =
        each.counts().with(RowCounter.TOKENS, once.tokens()).with(RowCounter.DEDUPLICATED, spared);
    RunTotals totals = new RunTotals(counts, each.failed(), each.lengths());
    return new Embedded(embedded, totals.plus(kept(embedded)));
  }

  /** Returns the same rows, computed once. */
  private Dataset<Row> stored(Dataset<Row> rows, boolean isKept, Path path) {
    if (!isKept) {
      persisted.add(rows.persist(StorageLevel.DISK_ONLY()));
      return rows;
    }
    ScratchFiles.write(
        spark,
        rows.write()
            .format("parquet")
            .options(call.parquetOptions(spark, call.vectors(DETAIL)))
            .mode(SaveMode.Overwrite),
        path);
    return spark.read().schema(rows.schema()).parquet(path.toString());
  }

  private static Path embedded(Path folder) {
    return new Path(folder, "embedded");
  }

  /** Reads the results that an earlier process has kept in the folder of a wave. */
  Dataset<Row> read(Path folder) {
    return spark.read().parquet(embedded(folder).toString());
  }

  /** Frees the disks of the executors from the results of a wave. */
  void release() {
    persisted.forEach(Dataset::unpersist);
    persisted.clear();
  }

  /** Repartitions rows randomly across the tasks that process them. */
  public Dataset<Row> repartitioned(Dataset<Row> rows, long count) {
    int cores = spark.sparkContext().defaultParallelism();
    int fitting = count < (long) cores * ROWS_WORTH_A_TASK ? cores : cores * TASKS_PER_CORE;
    return rows.repartition(spec.outputSpec().repartition().orElse(fitting));
  }

  /** Returns the rows in the layout of the output. */
  Dataset<Row> output(Dataset<Row> embedded) {
    if (spec.explodesChunks()) {
      return ChunkRows.exploded(call, embedded, DETAIL, spec.resultColumn()).drop(DETAIL);
    }
    Column result = call.result(DETAIL);
    return embedded
        .withColumn(
            spec.resultColumn(),
            keepsResults(embedded) ? coalesce(col(RunInput.KEPT), result) : result)
        .drop(DETAIL, RunInput.KEPT);
  }

  /** Returns the failed rows with id, kind and error, and with the text if requested. */
  Dataset<Row> failed(Dataset<Row> embedded) {
    Column none = lit(null).cast("string");
    return embedded
        .where(call.error(DETAIL).isNotNull())
        .select(
            // The id is a string, so that later runs may have ids of another type.
            spec.idColumn().map(id -> CanonicalId.of(embedded, id)).orElse(none).as("id"),
            kind().as("kind"),
            functions.regexp_replace(call.error(DETAIL), "^\\[\\w+\\] ", "").as("error"),
            (spec.quarantineText() ? Columns.quoted(text) : none).as("text"));
  }

  private Column kind() {
    return functions.regexp_extract(call.error(DETAIL), "^\\[(\\w+)\\]", 1);
  }

  private RunTotals totals(Dataset<Row> embedded) {
    Column tokens = call.tokens(DETAIL);
    List<Row> groups =
        embedded
            .groupBy(
                col(DETAIL).isNull().as("isNull"),
                kind().as("kind"),
                call.truncated(DETAIL).as("truncated"),
                functions.coalesce(call.chunked(DETAIL, window), lit(false)).as("chunked"),
                powerOfTwo(functions.greatest(tokens, lit(1))).as("length"))
            .agg(functions.count(lit(1)).as("rows"), functions.sum(tokens).as("tokens"))
            .collectAsList();
    return groups.stream().map(WaveWriter::group).reduce(RunTotals.NONE, RunTotals::plus);
  }

  /** Returns the smallest power of two that is at least {@code number}. */
  private static Column powerOfTwo(Column number) {
    // log2 of a power of two may exceed the exact integer slightly.
    Column exponent = functions.ceil(functions.log2(number).minus(1e-9));
    return functions.pow(lit(2), exponent).cast("int");
  }

  private static RunTotals group(Row group) {
    long rows = group.getLong(5);
    boolean isNull = group.getBoolean(0);
    boolean isDone = !isNull && group.isNullAt(1);
    RowCounts counts =
        new RowCounts(
            rows,
            isNull ? rows : 0,
            isNull || isDone ? 0 : rows,
            isDone && group.getBoolean(2) ? rows : 0,
            isDone && group.getBoolean(3) ? rows : 0,
            0,
            isNull ? 0 : group.getLong(6),
            0);
    SortedMap<String, Long> failed = new TreeMap<>();
    SortedMap<Integer, Long> lengths = new TreeMap<>();
    if (isDone) {
      lengths.put(group.getInt(4), rows);
    } else if (!isNull) {
      failed.put(group.getString(1), rows);
    }
    return new RunTotals(counts, failed, lengths);
  }
}
