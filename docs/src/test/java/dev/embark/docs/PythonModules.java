package dev.embark.docs;

import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.rows.Condition;
import dev.embark.job.JobFacts;
import dev.embark.spark.UdfFacts;
import dev.embark.spark.conf.SqlFunction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The generated modules of the Python package, made of the same objects that check and execute: its
 * functions, its conditions, and the arguments of a job.
 */
final class PythonModules {
  private static final Pattern USAGE = Pattern.compile("(?s)\\w+\\(([^)]*)\\) - (.*)");
  private static final Pattern WORDS = Pattern.compile("\\w+(, \\w+)+");
  private static final Pattern NUMBER = Pattern.compile("\\d+ (or more|to \\d+)");
  private static final Set<String> NOT_OF_PYTHON =
      Set.of("--help", "--verbose", "--quiet", "--dry-run");
  private static final String LABELS = "labels";
  private static final int WIDTH = 96;

  private final StringBuilder text = new StringBuilder();

  private PythonModules() {}

  /** The text of each module by its file name. */
  static Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("functions.py", new PythonModules().functions());
    all.put("_conditions.py", new PythonModules().conditions());
    all.put("_job_arguments.py", new PythonModules().jobArguments());
    return all;
  }

  private String functions() {
    header("Column functions of Embark, for classic sessions and Spark Connect clients.");
    List<ExpressionInfo> functions = UdfFacts.functions();
    line("from collections.abc import Mapping, Sequence");
    line("from typing import Literal");
    line("");
    line("from pyspark.sql import Column");
    line("from pyspark.sql.types import DataType");
    line("");
    line("from embark._call import ColumnOrName, call, label_array, schema_text");
    line("");
    line("__all__ = [");
    functions.stream()
        .map(ExpressionInfo::getName)
        .sorted()
        .forEach(name -> line("    \"" + name + "\","));
    line("]");
    line("");
    line("# The options of each function: their names in Python and in SQL.");
    line("OPTIONS: dict[str, dict[str, str]] = {");
    for (ExpressionInfo function : functions) {
      List<? extends FunctionOption> options = options(function.getName());
      line("    \"" + function.getName() + "\": {" + (options.isEmpty() ? "}," : ""));
      options.forEach(o -> line("        \"%s\": \"%s\",".formatted(snake(o.key()), o.key())));
      if (!options.isEmpty()) {
        line("    },");
      }
    }
    line("}");
    functions.forEach(this::function);
    return text.toString();
  }

  private void function(ExpressionInfo function) {
    Matcher usage = USAGE.matcher(function.getUsage());
    if (!usage.matches()) {
      throw new AssertionError("The usage of " + function.getName() + " has another form.");
    }
    String parameters = usage.group(1).replace("[, options]", "");
    List<String> columns = Arrays.stream(parameters.split("\\[?, ")).toList();
    Optional<String> optional =
        Optional.of(columns.get(columns.size() - 1).replace("]", ""))
            .filter(column -> parameters.endsWith("]"));
    columns = columns.stream().map(column -> column.replace("]", "")).toList();
    List<? extends FunctionOption> options = options(function.getName());
    line("");
    line("");
    if (options.isEmpty()) {
      line(
          "def %s(%s) -> Column:"
              .formatted(
                  function.getName(),
                  columns.stream()
                      .map(
                          c ->
                              optional.filter(c::equals).isPresent()
                                  ? c + ": ColumnOrName | None = None"
                                  : c + ": ColumnOrName")
                      .collect(Collectors.joining(", "))));
    } else {
      line("def " + function.getName() + "(");
      columns.forEach(
          c -> line("    " + c + (c.equals(LABELS) ? ": Sequence[str]," : ": ColumnOrName,")));
      line("    *,");
      options.forEach(o -> line("    %s: %s | None = None,".formatted(snake(o.key()), type(o))));
      line(") -> Column:");
    }
    docstring(function, usage.group(2), columns, options);
    String arguments =
        columns.stream()
            .map(c -> c.equals(LABELS) ? "label_array(labels)" : c)
            .collect(Collectors.joining(", ", "[", "]"));
    if (optional.isPresent()) {
      line(
          "    columns = %s if %s is not None else [%s]"
              .formatted(
                  arguments,
                  optional.get(),
                  String.join(", ", columns.subList(0, columns.size() - 1))));
      arguments = "columns";
    }
    if (options.isEmpty()) {
      line("    return call(\"%s\", %s, {})".formatted(function.getName(), arguments));
      return;
    }
    line("    return call(");
    line("        \"" + function.getName() + "\",");
    line("        " + arguments + ",");
    line("        {");
    options.forEach(o -> line("            \"%s\": %s,".formatted(o.key(), value(o))));
    line("        },");
    line("    )");
  }

  private void docstring(
      ExpressionInfo function,
      String usage,
      List<String> columns,
      List<? extends FunctionOption> options) {
    paragraph("    \"\"\"" + usage, "    ");
    line("");
    line("    Parameters");
    line("    ----------");
    for (String column : columns) {
      line("    " + column);
      line(
          switch (column) {
            case "degree" ->
                "        A column, or its name, of FLOAT: 1, 2 (the default) or infinity.";
            case LABELS -> "        Two or more different texts.";
            default -> "        A column, or its name.";
          });
    }
    for (FunctionOption option : options) {
      line("    " + snake(option.key()));
      String more = option == GenerateOption.SCHEMA ? ", as a text, a dict or a type of Spark" : "";
      String values =
          option.defaultValue().isEmpty()
              ? " Takes " + option.takes() + more + "."
              : " Takes " + option.takes() + "; by default " + option.defaultValue() + ".";
      paragraph("        " + option.description() + values, "        ");
    }
    line("");
    line("    Examples");
    line("    --------");
    example(function).forEach(example -> line("    " + example));
    line("    \"\"\"");
  }

  private static List<String> example(ExpressionInfo function) {
    return switch (function.getName()) {
      case "embed" ->
          List.of(
              ">>> docs = spark.createDataFrame([(1, \"Rye bread\"), (2, \"A harbour\")], [\"id\", \"body\"])",
              ">>> vectors = docs.withColumn(\"embedding\", embed(\"body\", dimensions=64))",
              ">>> vectors.selectExpr(\"id\", \"size(embedding) AS size\").collect()",
              "[Row(id=1, size=64), Row(id=2, size=64)]");
      case "embed_detail" ->
          List.of(
              ">>> docs = spark.createDataFrame([(\"one two three\",)], [\"body\"])",
              ">>> detail = docs.select(embed_detail(\"body\", max_tokens=4).alias(\"d\"))",
              ">>> detail.select(\"d.tokens\", \"d.truncated\", \"d.error\").first()",
              "Row(tokens=4, truncated=True, error=None)");
      case "embed_tokens" ->
          List.of(
              ">>> docs = spark.createDataFrame([(\"Spark SQL\",)], [\"body\"])",
              ">>> docs.select(embed_tokens(\"body\").alias(\"tokens\")).first()",
              "Row(tokens=4)");
      case "embed_chunks" ->
          List.of(
              ">>> docs = spark.createDataFrame([(\"One. Two.\",)], [\"body\"])",
              ">>> chunks = docs.select(embed_chunks(\"body\", chunk_tokens=5).alias(\"c\"))",
              ">>> chunks.selectExpr(\"inline(c)\").select(\"begin\", \"end\", \"text\").collect()",
              "[Row(begin=0, end=4, text='One.'), Row(begin=5, end=9, text='Two.')]");
      case "embed_chunks_detail" ->
          List.of(
              ">>> docs = spark.createDataFrame([(\"One. Two.\",)], [\"body\"])",
              ">>> detail = docs.select(embed_chunks_detail(\"body\", chunk_tokens=5).alias(\"d\"))",
              ">>> detail.select(\"d.tokens\", \"d.error\").first()",
              "Row(tokens=8, error=None)");
      case "cosine_similarity" ->
          List.of(
              ">>> pairs = spark.createDataFrame([([3.0, 4.0], [4.0, 3.0])], [\"a\", \"b\"])",
              ">>> pairs.select(cosine_similarity(\"a\", \"b\").alias(\"c\")).selectExpr(\"round(c, 4) c\").first()",
              "Row(c=0.9599999785423279)");
      case "vector_norm", "vector_normalize" ->
          List.of(
              ">>> vectors = spark.sql(\"SELECT array(3F, 4F) AS v\")",
              ">>> vectors.select(%s(\"v\").alias(\"r\")).first()".formatted(function.getName()),
              function.getName().equals("vector_norm")
                  ? "Row(r=5.0)"
                  : "Row(r=[0.6000000238418579, 0.800000011920929])");
      case "vector_sum", "vector_avg" ->
          List.of(
              ">>> vectors = spark.sql(\"SELECT * FROM VALUES (array(1F, 2F)), (array(3F, 4F)) AS t(v)\")",
              ">>> vectors.select(%s(\"v\").alias(\"r\")).first()".formatted(function.getName()),
              function.getName().equals("vector_sum") ? "Row(r=[4.0, 6.0])" : "Row(r=[2.0, 3.0])");
      case "vector_cosine_similarity", "vector_inner_product", "vector_l2_distance" ->
          List.of(
              ">>> pairs = spark.sql(\"SELECT array(3F, 4F) AS a, array(3F, 0F) AS b\")",
              ">>> pairs.select(%s(\"a\", \"b\").alias(\"r\")).first()"
                  .formatted(function.getName()),
              switch (function.getName()) {
                case "vector_inner_product" -> "Row(r=9.0)";
                case "vector_l2_distance" -> "Row(r=4.0)";
                default -> "Row(r=0.6000000238418579)";
              });
      case "rerank" ->
          List.of(
              ">>> pairs = spark.createDataFrame([(\"What is Spark?\", \"An engine.\")], [\"q\", \"d\"])",
              ">>> score = rerank(\"q\", \"d\", model=\"/models/reranker\", max_tokens=256)",
              ">>> pairs.select(score.alias(\"score\")).first()  # doctest: +SKIP");
      case "rerank_detail" ->
          List.of(
              ">>> pairs = spark.createDataFrame([(\"What is Spark?\", \"An engine.\")], [\"q\", \"d\"])",
              ">>> detail = rerank_detail(\"q\", \"d\", model=\"/models/reranker\")",
              ">>> pairs.select(detail.alias(\"r\")).select(\"r.tokens\").first()  # doctest: +SKIP");
      case "generate" ->
          List.of(
              ">>> prompts = spark.createDataFrame([(\"Is Spark a bird?\",)], [\"prompt\"])",
              ">>> answer = generate(\"prompt\", model=\"/models/chat.gguf\", max_tokens=16)",
              ">>> prompts.select(answer.alias(\"answer\")).first()  # doctest: +SKIP");
      case "classify" ->
          List.of(
              ">>> reviews = spark.createDataFrame([(\"Warm and quiet.\",)], [\"body\"])",
              ">>> label = classify(\"body\", [\"good\", \"bad\"], model=\"/models/chat.gguf\")",
              ">>> reviews.select(label.alias(\"label\")).first()  # doctest: +SKIP");
      case "classify_detail" ->
          List.of(
              ">>> reviews = spark.createDataFrame([(\"Warm and quiet.\",)], [\"body\"])",
              ">>> detail = classify_detail(\"body\", [\"good\", \"bad\"], model=\"/models/chat.gguf\")",
              ">>> reviews.select(detail.alias(\"d\")).select(\"d.scores\").first()  # doctest: +SKIP");
      case "generate_detail" ->
          List.of(
              ">>> prompts = spark.createDataFrame([(\"Is Spark a bird?\",)], [\"prompt\"])",
              ">>> detail = generate_detail(\"prompt\", model=\"/models/chat.gguf\", temperature=0.7)",
              ">>> prompts.select(detail.alias(\"d\")).select(\"d.finish\").first()  # doctest: +SKIP");
      default -> // a function that has no example in Python yet
          function
              .getExamples()
              .lines()
              .map(String::strip)
              .filter(line -> line.startsWith("> "))
              .map(line -> line.substring(2).replace("_FUNC_", function.getName()))
              .map(sql -> sql.replaceAll(";$", "").replace("\\", "\\\\"))
              .flatMap(PythonModules::skipped)
              .toList();
    };
  }

  private static Stream<String> skipped(String sql) {
    return Stream.of(
        ">>> spark.sql(  # doctest: +SKIP", "...     '''" + sql + "'''", "... ).first()");
  }

  private static List<? extends FunctionOption> options(String function) {
    return Arrays.stream(SqlFunction.values())
        .filter(f -> f.sqlName().equals(function))
        .findFirst()
        .<List<? extends FunctionOption>>map(SqlFunction::options)
        .orElse(List.of());
  }

  /** The expression of an option's value in the call of SQL. */
  private static String value(FunctionOption option) {
    return option == GenerateOption.SCHEMA ? "schema_text(schema)" : snake(option.key());
  }

  private static String type(FunctionOption option) {
    if (option == GenerateOption.SCHEMA) {
      return "str | Mapping[str, object] | DataType";
    }
    if (option.takes().equals("true, false")) {
      return "bool";
    }
    if (WORDS.matcher(option.takes()).matches()) {
      return literal(option.takes().split(", "));
    }
    if (NUMBER.matcher(option.takes()).matches()) {
      return option.defaultValue().contains(".") ? "float" : "int";
    }
    return "str";
  }

  private static String literal(String... values) {
    return Arrays.stream(values).collect(Collectors.joining("\", \"", "Literal[\"", "\"]"));
  }

  private String conditions() {
    header("Error conditions of Embark: SQLSTATE and message, whose parameters are in brackets.");
    line("CONDITIONS: dict[str, tuple[str, str]] = {");
    for (Condition condition : Condition.values()) {
      line("    \"" + condition.condition() + "\": (");
      line("        \"" + condition.sqlState() + "\",");
      // As the formatter does, which joins strings that fit on one line.
      boolean isShort = condition.template().length() <= WIDTH - 7;
      List<String> lines = wrapped(condition.template(), isShort ? WIDTH : WIDTH - 14);
      for (int i = 0; i < lines.size(); i++) {
        String end = i == lines.size() - 1 ? "\"," : " \"";
        line("        \"" + lines.get(i).replace("\"", "\\\"") + end);
      }
      line("    ),");
    }
    line("}");
    return text.toString();
  }

  private String jobArguments() {
    header("Arguments of a job: those of ``embark run``.");
    List<OptionSpec> options =
        JobFacts.options().stream()
            .filter(o -> !o.hidden() && !NOT_OF_PYTHON.contains(o.longestName()))
            .toList();
    line("from collections.abc import Mapping, Sequence");
    line("from typing import Literal");
    line("");
    line("from embark._call import command_line");
    line("");
    line("");
    line("class JobArguments:");
    line("    \"\"\"Arguments of a batch job.");
    line("");
    line("    Parameters");
    line("    ----------");
    for (OptionSpec option : options) {
      line("    " + argument(option));
      paragraph("        " + String.join(" ", option.description()), "        ");
    }
    line("    \"\"\"");
    line("");
    line("    def __init__(");
    line("        self,");
    line("        *,");
    for (OptionSpec option : options) {
      line(
          option.arity().max() == 0
              ? "        %s: bool = False,".formatted(argument(option))
              : "        %s: %s | None = None,".formatted(argument(option), type(option)));
    }
    line("    ) -> None:");
    line("        self._arguments: list[str] = command_line(");
    line("            {");
    options.forEach(
        o -> line("                \"%s\": %s,".formatted(o.longestName(), argument(o))));
    line("            }");
    line("        )");
    return text.toString();
  }

  private static String argument(OptionSpec option) {
    return option.longestName().substring(2).replace('-', '_');
  }

  private static String type(OptionSpec option) {
    Class<?> type = option.type();
    if (type == Map.class) {
      return "Mapping[str, object]";
    }
    if (type == List.class) {
      return "Sequence[str]";
    }
    if (type == Integer.class || type == Long.class) {
      return "int";
    }
    if (type == Double.class) {
      return "float";
    }
    if (type.isEnum()) {
      return literal(
          Arrays.stream(type.getEnumConstants())
              .map(value -> value.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
              .toArray(String[]::new));
    }
    return option.longestName().equals("--max-failed") ? "int | str" : "str";
  }

  /** {@code longText} becomes {@code long_text}. */
  private static String snake(String key) {
    return key.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  private void header(String sentence) {
    line("\"\"\"" + sentence);
    line("");
    line("Generated from the lists that SQL and the command have. Edit those, and run");
    line("``" + Reference.COMMAND.substring(0, Reference.COMMAND.indexOf(" -Dsurefire")));
    line(Reference.COMMAND.substring(Reference.COMMAND.indexOf("-Dsurefire")) + "``.");
    line("\"\"\"");
    line("");
    line("from __future__ import annotations");
    line("");
  }

  private void paragraph(String words, String indent) {
    wrapped(words.strip(), WIDTH - indent.length()).forEach(part -> line(indent + part));
  }

  private static List<String> wrapped(String words, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    for (String word : words.split(" ")) {
      if (current.length() > 0 && current.length() + 1 + word.length() > width) {
        lines.add(current.toString());
        current.setLength(0);
      }
      current.append(current.length() == 0 ? "" : " ").append(word);
    }
    lines.add(current.toString());
    return lines;
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
