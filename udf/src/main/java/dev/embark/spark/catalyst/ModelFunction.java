package dev.embark.spark.catalyst;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.models.WebModelPolicy;
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
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import scala.Function1;
import scala.Tuple3;
import scala.collection.Seq;

/**
 * One of Embark's functions: makes an expression out of the arguments that a user wrote.
 *
 * @param info its documentation
 * @param build takes a value for each parameter, null where an optional one is not given; throws an
 *     AnalysisException where they are wrong
 */
public record ModelFunction(
    Parameters parameters, ExpressionInfo info, Function<List<Expression>, Expression> build) {

  public static List<ModelFunction> all() {
    List<ModelFunction> all = new ArrayList<>();
    for (SqlFunction output : SqlFunction.values()) {
      all.add(
          new ModelFunction(
              new Parameters(output.function(), List.of(output.input(), "options"), 1),
              info(output),
              arguments -> build(output, arguments.get(0), arguments.get(1))));
    }
    all.add(
        new ModelFunction(
            new Parameters(CosineSimilarity.NAME, List.of("a", "b"), 2),
            CosineSimilarity.info(),
            arguments -> new CosineSimilarity(arguments.get(0), arguments.get(1))));
    return all;
  }

  /** Its name in SQL. */
  public String name() {
    return parameters.function();
  }

  /**
   * As Spark's extensions take it.
   *
   * @param <S> the {@code Seq} of Spark's Scala version
   */
  public <S> Tuple3<FunctionIdentifier, ExpressionInfo, Function1<S, Expression>> description() {
    return new Tuple3<>(new FunctionIdentifier(name()), info, builder());
  }

  /**
   * As Spark's function registry takes it.
   *
   * @param <S> the {@code Seq} of Spark's Scala version
   */
  @SuppressWarnings("unchecked")
  public <S> Function1<S, Expression> builder() {
    return arguments -> build.apply(parameters.arrange(Scala.list((Seq<Expression>) arguments)));
  }

  private static Expression build(SqlFunction output, Expression input, Expression given) {
    try {
      FunctionOptions options =
          output.isAnswer() ? EmbarkConf.sessionGenerateOptions() : EmbarkConf.sessionOptions();
      EmbarkConf.progress(); // a wrong value would else fail when the query runs
      if (given != null) {
        options = options.with(literalMap(output, given));
      }
      if (options.model().isEmpty()) {
        throw error(
            output.function()
                + " has no model of its own: name one with map('model', …), or for the session with "
                + EmbarkConf.GENERATE_PREFIX
                + "model.",
            input);
      }
      WebModelPolicy.check(options);
      return new ModelExpression(input, options, output);
    } catch (EmbarkException e) {
      throw error(e.getMessage(), input);
    }
  }

  private static Map<String, String> literalMap(SqlFunction output, Expression argument) {
    if (argument instanceof CreateMap map && argument.foldable()) {
      return entries(output, map);
    }
    if (!argument.foldable() || !(argument.dataType() instanceof MapType type)) {
      throw error(
          "The options of "
              + output.function()
              + " have to be a literal map, such as map('longText', 'chunk'), but this is "
              + argument.sql()
              + ".",
          argument);
    }
    if (type.keyType() instanceof StringType == false) {
      throw keysAreStrings(output, argument);
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
   * Those that are written one by one, each by itself: where they are of several types, as in
   * map('maxTokens', 128, 'longText', 'chunk'), Spark casts all of them to one.
   */
  private static Map<String, String> entries(SqlFunction output, CreateMap map) {
    Map<String, String> options = new LinkedHashMap<>();
    List<Expression> keysAndValues = Scala.list(map.children());
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Expression key = keysAndValues.get(i);
      if (!(key.dataType() instanceof StringType)) {
        throw keysAreStrings(output, map);
      }
      Object value = asWritten(keysAndValues.get(i + 1)).eval(null);
      String name = String.valueOf(key.eval(null));
      if (options.containsKey(name)) {
        throw error("The options of " + output.function() + " name " + name + " twice.", map);
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

  private static RuntimeException keysAreStrings(SqlFunction output, Expression argument) {
    throw error(
        "The options of " + output.function() + " have to be a map with string keys.", argument);
  }

  /** Numbers and booleans are taken as they are written: map('maxTokens', 128). */
  private static String text(ArrayData values, int i, DataType type) {
    return values.isNullAt(i) ? null : String.valueOf(values.get(i, type));
  }

  private static RuntimeException error(String sentence, Expression where) {
    throw AnalysisErrors.of(sentence, where.origin());
  }

  private static ExpressionInfo info(SqlFunction output) {
    String options =
        output.options().stream()
            .map(o -> "        " + o.key() + " - " + o.description() + " Takes " + o.takes() + ".")
            .collect(Collectors.joining("\n"));
    return new ExpressionInfo(
        ModelExpression.class.getName(),
        null,
        output.function(),
        "_FUNC_(" + output.input() + "[, options]) - " + output.usage(),
        "\n    Arguments:\n      * "
            + output.input()
            + " - a string\n      * options - a literal map of:\n"
            + options
            + "\n  ",
        "\n    Examples:\n      > SELECT "
            + output.example()
            + ";\n       "
            + output.exampleResult()
            + "\n  ",
        "",
        "misc_funcs",
        "",
        "",
        "scala_udf");
  }
}
