package dev.embark.job;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.SqlSpec;
import dev.embark.job.cli.Terminal;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.Termination;
import java.io.IOException;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs one SQL statement and prints its rows: main class of {@code embark sql}. */
@Command(name = "embark sql", description = "Runs one SQL statement that may call embed().")
public final class SqlRunner implements Callable<Integer> {
  @Mixin private SqlSpec spec;

  private final Terminal terminal;

  /** Creates a runner that prints rows to {@code terminal.out()}. */
  public SqlRunner(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs the statement in this process, which spark-submit starts. */
  public static void main(String[] arguments) {
    Terminal terminal = Terminal.system();
    Cli.main(Cli.of(new SqlRunner(terminal), terminal), terminal, arguments);
  }

  @Override
  public Integer call() throws IOException {
    DriverSession.run("embark sql", terminal, this::perform);
    return 0;
  }

  private void perform(SparkSession spark, Termination termination) {
    termination.<Void>interruptible(
        "statement",
        () -> {
          run(spark, spec.statement(), spec.format(), terminal);
          return null;
        },
        () -> "the statement did not finish");
  }

  /** Runs a statement and streams its rows in order. */
  static void run(SparkSession spark, String statement, SqlSpec.Format format, Terminal terminal) {
    Dataset<Row> rows = analyse(spark, statement);
    // A command such as CREATE VIEW has already run and returns no columns.
    if (rows.columns().length == 0) {
      return;
    }
    if (format == SqlSpec.Format.JSON) {
      printJson(spark, rows, terminal.out());
    } else {
      printTable(rows, terminal);
    }
  }

  private static Dataset<Row> analyse(SparkSession spark, String statement) {
    try {
      return spark.sql(statement);
    } catch (Exception e) {
      if (e instanceof AnalysisException) {
        throw new UserError(Failures.sentence(e), e);
      }
      throw e;
    }
  }

  private static void printJson(SparkSession spark, Dataset<Row> rows, PrintStream out) {
    refuseEqualNames(rows.columns());
    spark.conf().set("spark.sql.jsonGenerator.ignoreNullFields", "false");
    // checkError detects that a reader such as head has closed the pipe.
    PartitionStream.forEach(rows.toJSON().javaRDD(), out::println, out::checkError);
    out.flush();
  }

  /**
   * Rejects duplicate column names, because JSON readers drop all but one value of a repeated key.
   */
  private static void refuseEqualNames(String[] columns) {
    Set<String> seen = new HashSet<>();
    for (String column : columns) {
      if (!seen.add(column)) {
        throw new UserError(
            "The result has two columns named %s, but JSON can hold only one of them; rename one with AS"
                .formatted(column));
      }
    }
  }

  private static void printTable(Dataset<Row> rows, Terminal terminal) {
    AtomicLong count = new AtomicLong();
    TablePrinter printer = new TablePrinter(rows.schema(), terminal.out());
    PartitionStream.forEach(
        rows.javaRDD(),
        row -> {
          printer.print(row);
          count.incrementAndGet();
        },
        terminal.out()::checkError);
    printer.finish();
    terminal.err().println(count.get() == 1 ? "1 row" : count.get() + " rows");
  }
}
