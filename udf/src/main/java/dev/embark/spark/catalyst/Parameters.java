package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.internal.SQLConf;

/**
 * The parameters of one of Embark's functions. A call gives them in order, or by name as in {@code
 * embed(text => body)}, and is refused with the errors of Spark's own functions.
 *
 * <p>Spark arranges named arguments for its own functions only, by a method whose signature differs
 * between its versions; a function that is added gets them as they were written.
 *
 * @param function its name in SQL
 * @param names in order
 * @param required how many of them, from the first on, a call has to give
 */
record Parameters(String function, List<String> names, int required) {

  /**
   * The arguments of a call, one for each parameter; null for an optional one that is not given.
   *
   * @param arguments as they were written
   */
  List<Expression> arrange(List<Expression> arguments) {
    int positional = 0;
    while (positional < arguments.size()
        && !(arguments.get(positional) instanceof NamedArgumentExpression)) {
      positional++;
    }
    Expression[] values = new Expression[names.size()];
    for (int i = 0; i < Math.min(positional, values.length); i++) {
      values[i] = arguments.get(i);
    }
    for (Expression argument : arguments.subList(positional, arguments.size())) {
      if (!(argument instanceof NamedArgumentExpression given)) {
        throw AnalysisErrors.thrown(
            QueryCompilationErrors.unexpectedPositionalArgument(
                function, ((NamedArgumentExpression) arguments.get(positional)).key()));
      }
      int i = index(given.key());
      if (i < positional) {
        throw AnalysisErrors.thrown(
            QueryCompilationErrors.positionalAndNamedArgumentDoubleReference(
                function, given.key()));
      }
      if (values[i] != null) {
        throw AnalysisErrors.thrown(
            QueryCompilationErrors.doubleNamedArgumentReference(function, given.key()));
      }
      values[i] = given.value();
    }
    boolean tooFew = positional == arguments.size() && positional < required;
    if (tooFew || positional > values.length) {
      throw wrongNumber(arguments.size());
    }
    for (int i = 0; i < required; i++) {
      if (values[i] == null) {
        throw AnalysisErrors.thrown(
            QueryCompilationErrors.requiredParameterNotFound(function, names.get(i), i));
      }
    }
    return Arrays.asList(values);
  }

  private int index(String name) {
    boolean caseSensitive = SQLConf.get().caseSensitiveAnalysis();
    return IntStream.range(0, names.size())
        .filter(
            i -> caseSensitive ? names.get(i).equals(name) : names.get(i).equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                AnalysisErrors.thrown(
                    QueryCompilationErrors.unrecognizedParameterName(
                        function, name, Scala.seq(names))));
  }

  private RuntimeException wrongNumber(int given) {
    throw AnalysisErrors.thrown(
        QueryCompilationErrors.wrongNumArgsError(
            function,
            Scala.<Object>seq(IntStream.rangeClosed(required, names.size()).boxed().toList()),
            given,
            QueryCompilationErrors.wrongNumArgsError$default$4(),
            QueryCompilationErrors.wrongNumArgsError$default$5(),
            QueryCompilationErrors.wrongNumArgsError$default$6()));
  }
}
