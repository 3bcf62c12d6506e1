package dev.embark.job.sink;

import dev.embark.job.cli.ExistingOutput;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.ReadyWave;
import dev.embark.job.state.StateFolder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * Writes to a table of a format with atomic commits and row replacement. Each commit carries its
 * wave's tag in the table's history, which resolves commits of unknown outcome. The class does not
 * link against the format: it uses only data source options and SQL.
 */
abstract class TableSink implements Sink {
  private static final String WAVE_ID = "_embark_wave_id";
  private static final String TABLE_ID = "_embark_table_id";
  private static final int ATTEMPTS = 5; // per commit, because other writers may keep adding rows

  final SparkSession spark;
  final JobSpec spec;
  final OutputSpec output;
  private boolean isCreated; // whether this sink created the table

  TableSink(SparkSession spark, JobSpec spec) {
    this.spark = spark;
    this.spec = spec;
    this.output = spec.outputSpec();
  }

  /** Returns the SQL reference of the table. */
  abstract String reference();

  /** Returns whether the table's history contains a commit with this tag. */
  abstract boolean hasCommit(String tag);

  /** Returns whether the history is complete since a commit was prepared. */
  abstract boolean hasHistorySince(Commit commit);

  /**
   * Returns writer options that make an append fail if another commit intervenes after this call;
   * empty if the format itself rejects a second commit with the same tag.
   */
  abstract Map<String, String> guard();

  /**
   * Returns whether the cause of a failed commit is a conflict with a commit made since {@link
   * #guard}, either of the same wave or of another writer. A conflicting commit leaves the table
   * unchanged.
   */
  abstract boolean isConflict(Throwable cause);

  /** Appends or replaces rows in a tagged and guarded commit. */
  abstract void write(Commit commit, Map<String, String> guard);

  /** Returns the session confs that attach the tag to the next commit. */
  abstract List<String[]> taggingConfs(Commit commit);

  @Override
  public String location() {
    return output.output();
  }

  @Override
  public boolean exists() {
    // An empty table created by an interrupted run counts as missing.
    return state()
        .filter(
            state ->
                state.load().runs().stream().anyMatch(Manifest.Run::hasCommitted)
                    || !spark.table(output.output()).isEmpty())
        .isPresent();
  }

  @Override
  public Optional<StateFolder> state() {
    return isThere() ? Optional.of(new StateFolder(spark, storage())) : Optional.empty();
  }

  private boolean isThere() {
    try {
      return spark.catalog().tableExists(output.output());
    } catch (Exception e) {
      throw new UserError(
          "Cannot look up the table %s (%s); %s"
              .formatted(
                  output.output(),
                  Failures.sentence(e),
                  TableFormat.advice(spark, output, "check --output")),
          e);
    }
  }

  @Override
  public StateFolder open(StructType schema) {
    if (!isThere()) {
      create(schema);
    }
    return new StateFolder(spark, storage());
  }

  private void create(StructType schema) {
    try {
      writer(spark.createDataFrame(List.of(), schema), SaveMode.ErrorIfExists, true)
          .saveAsTable(output.output());
      isCreated = true;
    } catch (Exception e) {
      throw new UserError(
          "Cannot create the table %s (%s)".formatted(output.output(), Failures.sentence(e)), e);
    }
  }

  @Override
  public void discard() {
    if (isCreated) {
      drop(spark, output.output());
      isCreated = false;
    }
  }

  /** Drops a table that has no rows, with its files where the catalog keeps them otherwise. */
  static void drop(SparkSession spark, String table) {
    try {
      spark.sql("DROP TABLE IF EXISTS " + table + " PURGE");
    } catch (Exception e) { // not every catalog can purge
      spark.sql("DROP TABLE IF EXISTS " + table);
    }
  }

  /** Returns a writer to the table; {@code partitioned} if the write may create it. */
  final DataFrameWriter<Row> writer(Dataset<Row> rows, SaveMode mode, boolean partitioned) {
    DataFrameWriter<Row> writer =
        rows.write().format(output.format().toString()).options(output.options()).mode(mode);
    return partitioned ? writer.partitionBy(output.partitionBy().toArray(String[]::new)) : writer;
  }

  /** Returns whether a run replaces the table and its columns. */
  final boolean isReplaced() {
    return output.saveMode() == ExistingOutput.OVERWRITE
        || output.newFingerprint().equals(Optional.of(OutputSpec.NewFingerprint.OVERWRITE));
  }

  /** Returns whether the table can be read by its reference. */
  boolean isTable() {
    return isThere();
  }

  @Override
  public Optional<String> refusal(StructType columns) {
    return isReplaced() || !isTable()
        ? Optional.empty()
        : new TableStatements(spark, spec, reference()).refusal(columns);
  }

  @Override
  public StructType columns() {
    return isTable() && !isReplaced() ? spark.table(reference()).schema() : new StructType();
  }

  @Override
  public List<Rule> rules() {
    return TableRules.ofColumns(columns());
  }

  /** Returns the storage location of a catalog table. */
  private String storage() {
    List<Row> found =
        spark
            .sql("DESCRIBE TABLE EXTENDED " + reference())
            .where("col_name = 'Location'")
            .collectAsList();
    // The columns precede the metadata, and one of them may have this name.
    return found.get(found.size() - 1).getString(1);
  }

  @Override
  public Dataset<Row> read(Manifest.Layout layout) {
    return spark.table(reference());
  }

  @Override
  public void addColumn(String name, String type) {
    if (Arrays.stream(spark.table(reference()).columns()).noneMatch(name::equalsIgnoreCase)) {
      alterToAdd(name, type);
    }
  }

  /** Adds a column that does not exist. */
  void alterToAdd(String name, String type) {
    spark.sql(
        "ALTER TABLE %s ADD COLUMN %s %s"
            .formatted(reference(), TableStatements.quoted(name), type));
  }

  @Override
  public List<String> ownColumns() {
    return List.of();
  }

  @Override
  public boolean holdsAnyOf(Manifest.Run run) {
    return run.hasCommitted()
        || run.ready()
            .map(wave -> new Commit(run, wave.number(), null, null, List.of(), folder(run, wave)))
            .filter(commit -> hasCommit(commit.tag()) || !hasHistorySince(commit))
            .isPresent();
  }

  private Path folder(Manifest.Run run, ReadyWave wave) {
    return new Path(state().orElseThrow().runFolder(run), wave.folder());
  }

  @Override
  public boolean readsRowsAgain() {
    return true;
  }

  @Override
  public void prepare(Commit commit) {
    // The format hides uncommitted data from readers.
  }

  /** Returns whether a commit is in the table, even if its history entry has expired. */
  private boolean isIn(Commit commit) {
    return hasCommit(commit.tag())
        || (!commit.isIdempotent() && !hasHistorySince(commit) && hasRowsOf(commit));
  }

  /**
   * Returns whether the table contains the rows of a commit; false if that cannot be determined.
   */
  boolean hasRowsOf(Commit commit) {
    if (spec.idColumn().isEmpty()) {
      return false;
    }
    // Rows are appended only to an output without rows, so no other wave has the same ids.
    Column id = Columns.quoted(spec.idColumn().get());
    Dataset<Row> ids = commit.rows().select(id.as(WAVE_ID));
    return !spark
        .table(reference())
        .select(id.as(TABLE_ID))
        .join(ids, functions.col(TABLE_ID).equalTo(functions.col(WAVE_ID)), "left_semi")
        .isEmpty();
  }

  @Override
  public boolean publish(Commit commit) {
    for (int attempt = 1; ; attempt++) {
      // Taken before the check, because a process that considers this one dead may commit right
      // after it.
      Map<String, String> guard = guard();
      if (isIn(commit)) {
        return true;
      }
      try {
        publish(commit, guard);
        return true;
      } catch (Exception e) {
        boolean isConflict =
            Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                .anyMatch(this::isConflict);
        if (attempt == ATTEMPTS || !isConflict) {
          throw e;
        }
      }
    }
  }

  private void publish(Commit commit, Map<String, String> guard) {
    List<String[]> confs = taggingConfs(commit);
    confs.forEach(conf -> spark.conf().set(conf[0], conf[1]));
    try {
      if (commit.run().kind() == Manifest.Kind.MERGE) {
        new TableStatements(spark, spec, reference()).merge(commit);
      } else {
        write(commit, guard);
      }
    } finally {
      confs.forEach(conf -> spark.conf().unset(conf[0]));
    }
  }

  /** Returns whether a history contains a tag; {@code tagOf} is an SQL expression over its rows. */
  static boolean hasTag(Dataset<Row> history, String tagOf, String tag) {
    return !history.where(functions.expr(tagOf).equalTo(tag)).isEmpty();
  }

  @Override
  public void finish() {
    // Table commits need no completion marker.
  }
}
