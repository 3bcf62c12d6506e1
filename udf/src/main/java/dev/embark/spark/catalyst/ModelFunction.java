package dev.embark.spark.catalyst;

import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.FunctionOption;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.HeaderCheck;
import dev.embark.spark.models.WebModelPolicy;
import dev.embark.spark.vectors.VectorFunction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.Cast$;
import org.apache.spark.sql.catalyst.expressions.CreateMap;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.AtomicType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import scala.Function1;
import scala.Tuple3;
import scala.collection.Seq;

/**
 * A SQL function of Embark with its parameters, documentation and expression builder.
 *
 * @param info the documentation that DESCRIBE FUNCTION shows
 * @param build builds the expression from one argument per parameter, null for an omitted optional
 *     one; throws an AnalysisException if an argument is wrong
 */
public record ModelFunction(
    Parameters parameters, ExpressionInfo info, Function<List<Expression>, Expression> build) {

  /** The functions that the running Spark does not have itself. */
  public static List<ModelFunction> all() {
    List<ModelFunction> all = new ArrayList<>();
    for (SqlFunction function : SqlFunction.values()) {
      List<String> names = new ArrayList<>(function.inputs());
      int inputs = names.size();
      if (function.isLabel()) {
        names.add("labels");
      }
      int required = names.size();
      names.add("options");
      all.add(
          new ModelFunction(
              new Parameters(
                  function.sqlName(),
                  List.copyOf(names),
                  required,
                  function.options().stream().map(FunctionOption::key).toList()),
              info(function),
              arguments ->
                  build(
                      function,
                      function.isScore()
                          ? new PairedTexts(arguments.get(0), arguments.get(1))
                          : arguments.get(0),
                      function.isLabel() ? arguments.get(inputs) : null,
                      arguments.get(required),
                      arguments.subList(required + 1, arguments.size()))));
    }
    for (VectorFunction function : VectorFunction.missing()) {
      all.add(
          new ModelFunction(
              new Parameters(
                  function.sqlName(), function.parameters(), function.required(), List.of()),
              function.info(),
              function::expression));
    }
    return all;
  }

  /** The name in SQL. */
  public String name() {
    return parameters.function();
  }

  /**
   * The description for Spark's session extensions.
   *
   * @param <S> the {@code Seq} of Spark's Scala version
   */
  public <S> Tuple3<FunctionIdentifier, ExpressionInfo, Function1<S, Expression>> description() {
    return new Tuple3<>(new FunctionIdentifier(name()), info, builder());
  }

  /**
   * The builder for Spark's function registry.
   *
   * @param <S> the {@code Seq} of Spark's Scala version
   */
  @SuppressWarnings("unchecked")
  public <S> Function1<S, Expression> builder() {
    return arguments -> build.apply(parameters.arrange(Scala.list((Seq<Expression>) arguments)));
  }

  /**
   * @param labels null if the function takes none
   * @param optionsMap null if there is none
   * @param named a value for each option, in their order; null where it is not given by name
   */
  private static Expression build(
      SqlFunction function,
      Expression input,
      Expression labels,
      Expression optionsMap,
      List<Expression> named) {
    try {
      FunctionOptions options = EmbarkConf.sessionOptions(function);
      EmbarkConf.progress(); // fails at analysis rather than at execution if the value is wrong
      Map<String, String> given =
          optionsMap == null ? new LinkedHashMap<>() : literalMap(function, optionsMap);
      addNamed(function, named, given);
      options = options.with(given);
      if (labels != null) {
        options = ((ClassifyOptions) options).withLabels(LiteralLabels.of(labels));
      }
      if (options.model().isEmpty()) {
        throw new EmbarkException(
            Condition.NO_MODEL,
            Map.of("function", function.sqlName(), "conf", EmbarkConf.modelKey(function)));
      }
      WebModelPolicy.check(options);
      HeaderCheck.check(options);
      function.dataType(options); // fails here, in the words of the call, if there is none
      return new ModelExpression(input, options, function);
    } catch (EmbarkException e) {
      throw AnalysisErrors.of(e, input.origin());
    }
  }

  private static Map<String, String> literalMap(SqlFunction function, Expression argument) {
    if (argument instanceof CreateMap map && argument.foldable()) {
      return entries(function, map);
    }
    if (!argument.foldable() || !(argument.dataType() instanceof MapType type)) {
      throw new EmbarkException(
          Condition.OPTIONS_NOT_LITERAL,
          Map.of("function", function.sqlName(), "argument", argument.sql()));
    }
    if (type.keyType() instanceof StringType == false) {
      throw keysAreStrings(function);
    }
    MapData map = (MapData) argument.eval(null);
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 0; map != null && i < map.numElements(); i++) {
      options.put(
          String.valueOf(map.keyArray().get(i, type.keyType())),
          text(map.valueArray(), i, type.valueType()));
    }
    return options;
  }

  /**
   * Evaluates each entry of a map constructor separately: if the values have different types, as in
   * map('maxTokens', 128, 'longText', 'chunk'), Spark casts all of them to a common type.
   */
  private static Map<String, String> entries(SqlFunction function, CreateMap map) {
    Map<String, String> options = new LinkedHashMap<>();
    List<Expression> keysAndValues = Scala.list(map.children());
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Expression key = keysAndValues.get(i);
      if (!(key.dataType() instanceof StringType)) {
        throw keysAreStrings(function);
      }
      Object value = asWritten(keysAndValues.get(i + 1)).eval(null);
      String name = String.valueOf(key.eval(null));
      if (options.containsKey(name)) {
        throw new EmbarkException(
            Condition.DUPLICATE_OPTION, Map.of("function", function.sqlName(), "option", name));
      }
      options.put(name, value == null ? null : String.valueOf(value));
    }
    return options;
  }

  private static Expression asWritten(Expression value) {
    return value instanceof Cast cast
            && cast.getTagValue(Cast$.MODULE$.USER_SPECIFIED_CAST()).isEmpty()
        ? asWritten(cast.child())
        : value;
  }

  /** Adds the options that are given by name, as in {@code embed(body, longText => 'chunk')}. */
  private static void addNamed(
      SqlFunction function, List<Expression> named, Map<String, String> given) {
    for (int i = 0; i < named.size(); i++) {
      Expression value = named.get(i);
      if (value == null) {
        continue;
      }
      String key = function.options().get(i).key();
      boolean isScalar =
          value.dataType() instanceof AtomicType || value.dataType() instanceof NullType;
      if (!value.foldable() || !isScalar) {
        throw new EmbarkException(
            Condition.OPTIONS_NOT_LITERAL,
            Map.of("function", function.sqlName(), "argument", key + " => " + value.sql()));
      }
      if (given.keySet().stream().anyMatch(key::equalsIgnoreCase)) {
        throw new EmbarkException(
            Condition.DUPLICATE_OPTION, Map.of("function", function.sqlName(), "option", key));
      }
      Object literal = value.eval(null);
      given.put(key, literal == null ? null : String.valueOf(literal));
    }
  }

  private static EmbarkException keysAreStrings(SqlFunction function) {
    return new EmbarkException(
        Condition.OPTION_KEYS_NOT_STRING, Map.of("function", function.sqlName()));
  }

  /** Accepts numbers and booleans as well as strings: map('maxTokens', 128). */
  private static String text(ArrayData values, int i, DataType type) {
    return values.isNullAt(i) ? null : String.valueOf(values.get(i, type));
  }

  private static ExpressionInfo info(SqlFunction function) {
    String options =
        function.options().stream()
            .map(o -> "        " + o.key() + " - " + o.description() + " Takes " + o.takes() + ".")
            .collect(Collectors.joining("\n"));
    return new ExpressionInfo(
        ModelExpression.class.getName(),
        null,
        function.sqlName(),
        "_FUNC_("
            + String.join(", ", function.inputs())
            + (function.isLabel() ? ", labels" : "")
            + "[, options]) - "
            + function.usage(),
        "\n    Arguments:\n      * "
            + String.join(" - a string\n      * ", function.inputs())
            + " - a string\n"
            + (function.isLabel() ? "      * labels - a literal array of strings\n" : "")
            + "      * options - a literal map of these, which are arguments by name, too:\n"
            + options
            + "\n  ",
        "\n    Examples:\n      > SELECT "
            + function.example()
            + ";\n       "
            + function.exampleResult()
            + "\n  ",
        "",
        "misc_funcs",
        "",
        "",
        "scala_udf");
  }
}
