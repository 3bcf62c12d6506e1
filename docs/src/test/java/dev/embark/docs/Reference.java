package dev.embark.docs;

import dev.embark.engine.options.ChunkOptions;
import dev.embark.engine.options.ClassifyOption;
import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.RerankOption;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.EmbarkPlugin;
import dev.embark.spark.UdfFacts;
import dev.embark.submit.CommandFacts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The text of {@code docs/reference.md}, made of the same objects that check and execute. */
final class Reference {
  /** How the file is made anew. */
  static final String COMMAND =
      "mvn -q -pl docs -am package -DskipITs -Dtest=ReferenceTest,PythonModulesTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dembark.docs.write=true";

  private final StringBuilder text = new StringBuilder();

  private Reference() {}

  static String of(SparkContext context) {
    Reference reference = new Reference();
    reference.line("# Reference");
    reference.line(
        "This page is generated from the code by the command below; a test fails when it is out of"
            + " date.");
    reference.line("```\n" + COMMAND + "\n```");
    reference.options();
    reference.settings();
    reference.functions();
    reference.metrics(context);
    reference.command();
    return reference.text.toString().stripTrailing() + "\n";
  }

  private void options() {
    line("## Options");
    line(
        "Options of an embedding are case-insensitive keys of the map in SQL and in the Column"
            + " functions: `embed(text, map('longText', 'chunk'))`. `SET "
            + UdfFacts.confPrefix()
            + "<option> = <value>` or `--conf "
            + UdfFacts.confPrefix()
            + "<option>=<value>` sets an option for a session, and `--option <option>=<value>` on"
            + " the command line; [`embark run`](#embark-run) lists those with their own names. An"
            + " option of the call overrides the session's. A view or a function in SQL keeps the"
            + " options of the session that created it.");
    options(EmbedOptions.every());
    line("## Options of chunks");
    line(
        "`embed_chunks` has the options of an embedding except "
            + without(EmbedOptions.every(), ChunkOptions.every())
            + ", and these. They are set as those of an embedding are; a session's options apply to"
            + " the functions that have them.");
    List<EmbedOption> ofChunks = new ArrayList<>(ChunkOptions.every());
    ofChunks.removeAll(EmbedOptions.every());
    options(ofChunks);
    line("## Options of a reranking");
    line(
        "Options of a reranking are keys of the map in SQL and in the Column functions:"
            + " `rerank(query, document, map('model', '/models/reranker'))`. `SET "
            + UdfFacts.rerankConfPrefix()
            + "<option> = <value>` sets an option for a session.");
    options(List.of(RerankOption.values()));
    line("## Options of a generation");
    line(
        "Options of a generation are keys of the map in SQL and in the Column functions:"
            + " `generate(prompt, map('model', '/models/chat.gguf', 'maxTokens', 64))`. `SET "
            + UdfFacts.generateConfPrefix()
            + "<option> = <value>` sets an option for a session.");
    options(List.of(GenerateOption.values()));
    line("## Options of a classification");
    line(
        "Options of a classification are keys of the map in SQL and in the Column functions:"
            + " `classify(text, array('good', 'bad'), map('model', '/models/chat.gguf'))`. `SET "
            + UdfFacts.classifyConfPrefix()
            + "<option> = <value>` sets an option for a session.");
    options(List.of(ClassifyOption.values()));
  }

  private static String without(List<EmbedOption> all, List<EmbedOption> removed) {
    return all.stream()
        .filter(option -> !removed.contains(option))
        .map(option -> code(option.key()))
        .collect(Collectors.joining(" and "));
  }

  private void options(List<? extends FunctionOption> options) {
    row("option", "values", "default", "meaning");
    row("---", "---", "---", "---");
    for (FunctionOption option : options) {
      row(
          code(option.key()),
          escaped(option.takes()),
          option.defaultValue().isEmpty() ? "" : code(option.defaultValue()),
          escaped(option.description()));
    }
    text.append('\n');
  }

  private void settings() {
    line("## Settings of an application");
    line(
        "Settings of an application are set before Spark starts, with `--conf key=value`. None of"
            + " them changes a vector.");
    row("setting", "values", "default", "meaning");
    row("---", "---", "---", "---");
    for (UdfFacts.Setting setting : UdfFacts.settings()) {
      row(
          code(setting.key()),
          escaped(setting.takes()),
          setting.defaultValue().isEmpty() ? "" : code(setting.defaultValue()),
          escaped(setting.description()));
    }
    text.append('\n');
  }

  private void functions() {
    line(
        code(UdfFacts.progressConf() + "=true")
            + ", which a session may set, too, prints a line on the speed of each stage to the"
            + " driver's standard error.");
    line("## Functions");
    line(
        "Arguments are positional or named, as in `embed(options => map('longText', 'chunk'), text"
            + " => body)`. Options are arguments by name as well: `embed(body, longText => 'chunk')`."
            + " `embed`, `rerank`, `generate` and `classify` take strings only: a number or BINARY, which Spark's own"
            + " string functions accept, is refused, since an id column embedded by mistake costs"
            + " hours.");
    UdfFacts.functions().forEach(this::function);
    line("## Table functions");
    line("A table function is called in `FROM`; a table as its argument is written `TABLE(name)`.");
    UdfFacts.tableFunctions().forEach(this::function);
  }

  private void function(ExpressionInfo function) {
    line("### " + function.getName());
    line(escaped(function.getUsage().replace("_FUNC_", function.getName())));
    line(
        "```\n"
            + function
                .getExamples()
                .strip()
                .replaceAll("(?m)^ {4,}", "")
                .replace("_FUNC_", function.getName())
                .replaceFirst("Examples:\\s*", "")
            + "\n```");
  }

  private void metrics(SparkContext context) {
    line("## Metrics of the operator");
    line(
        "The SQL tab of Spark's UI shows these metrics on the node `EvalModel`; rerankings have"
            + " `rows scored`, generations `rows answered` and classifications `rows classified` instead of `rows embedded`.");
    row("metric", "kind");
    row("---", "---");
    for (UdfFacts.Metric metric : UdfFacts.metrics(context)) {
      row(metric.name(), kind(metric.kind()));
    }
    text.append('\n');
    line("## Metrics of executors");
    line(
        "With `spark.plugins="
            + EmbarkPlugin.class.getName()
            + "`, Spark's metrics system has these metrics as `plugin."
            + EmbarkPlugin.class.getName()
            + ".<metric>`: "
            + UdfFacts.executorMetrics().stream()
                .map(Reference::code)
                .collect(Collectors.joining(", "))
            + ".");
  }

  private static String kind(String sparkKind) {
    return switch (sparkKind) {
      case "sum" -> "sum over tasks";
      case "average" -> "average over tasks";
      case "timing", "nsTiming" -> "time, summed over tasks";
      default -> sparkKind;
    };
  }

  private void command() {
    CommandLine embark = CommandFacts.command();
    line("## Exit codes");
    line(String.join("\n", embark.getCommandSpec().usageMessage().footer()).strip());
    conditions();
    line("## Kinds of failure");
    line(
        "An error in a text, a model or an option has one of these kinds: "
            + Arrays.stream(EmbarkException.Kind.values())
                .map(kind -> code(kind.name()))
                .collect(Collectors.joining(", "))
            + ".");
    line("## The command");
    help(embark);
  }

  private void conditions() {
    line("## Error conditions");
    line(
        "An error of a call is an `AnalysisException`, and an error while a query runs a"
            + " `SparkRuntimeException`, as of Spark's own functions. Both begin with the condition"
            + " in brackets. `getCondition()`, on Spark 3.5 `getErrorClass()`, returns it,"
            + " `getSqlState()` the SQLSTATE, and `getMessageParameters()` the values of the"
            + " parameters in angle brackets. Spark 3.5 puts its report on the failed stage in"
            + " front of an error while a query runs.");
    row("condition", "SQLSTATE", "message");
    row("---", "---", "---");
    for (Condition condition : Condition.values()) {
      row(code(condition.condition()), condition.sqlState(), escaped(condition.template()));
    }
    text.append('\n');
  }

  private void help(CommandLine command) {
    line("### " + command.getCommandSpec().qualifiedName());
    line("```\n" + command.getUsageMessage(Ansi.OFF).stripTrailing() + "\n```");
    command.getSubcommands().values().stream().distinct().forEach(this::help);
  }

  private void line(String paragraph) {
    text.append(paragraph).append("\n\n");
  }

  private void row(String... cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String code(String value) {
    return "`" + value + "`";
  }

  private static String escaped(String value) {
    return value.replace("|", "\\|").replace("<", "&lt;");
  }
}
