package dev.embark.notebooks;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import scala.jdk.javaapi.CollectionConverters;
import scala.tools.nsc.Settings;
import scala.tools.nsc.interpreter.IMain;
import scala.tools.nsc.interpreter.Results;
import scala.tools.nsc.interpreter.shell.ReplReporterImpl;
import scala.tools.nsc.interpreter.shell.ShellConfig;

/** Scala's own interpreter with {@code spark} in it, as notebooks and the Spark shell have it. */
final class ScalaCells implements AutoCloseable {
  private final StringWriter output = new StringWriter();
  private final IMain interpreter;

  ScalaCells(SparkSession spark) {
    Settings settings = new Settings();
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    settings.processArguments(
        CollectionConverters.asScala(List.of("-classpath", classPath, "-Yrepl-class-based"))
            .toList(),
        true);
    interpreter =
        new IMain(
            settings,
            new ReplReporterImpl(
                ShellConfig.apply(settings), settings, new PrintWriter(output, true)));
    interpreter.bind(
        "boundSpark",
        SparkSession.class.getName(),
        spark,
        CollectionConverters.asScala(List.<String>of()).toList());
    // A value of a cell has a stable path, which spark.implicits._ needs.
    run("val spark: org.apache.spark.sql.SparkSession = boundSpark\nimport spark.implicits._");
  }

  /** Runs a cell; an error of the compiler or of the cell fails with what Scala said. */
  void run(String cell) {
    output.getBuffer().setLength(0);
    Results.Result result = interpreter.interpret(cell);
    if (result != Results.Success$.MODULE$) {
      throw new AssertionError(output);
    }
  }

  /** The value that a cell gave a name. */
  Object value(String name) {
    return interpreter.valueOfTerm(name).get();
  }

  @Override
  public void close() {
    interpreter.close();
  }
}
