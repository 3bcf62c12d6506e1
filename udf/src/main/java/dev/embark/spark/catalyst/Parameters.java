package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression;
import org.apache.spark.sql.errors.QueryCompilationErrors;
import org.apache.spark.sql.internal.SQLConf;

/**
 * The parameters of a SQL function of Embark. A call passes arguments by position or by name, as in
 * {@code embed(text => body)}, and options by name, as in {@code embed(body, longText => 'chunk')};
 * wrong arguments raise the same errors as for Spark's own functions.
 *
 * <p>Spark resolves named arguments only for its own functions, by a method whose signature differs
 * between versions; an injected function receives the arguments as written.
 *
 * @param function the name in SQL
 * @param names of the parameters, in order
 * @param required the number of leading parameters that are mandatory
 * @param keywords of the arguments that are passed by name only, in any case
 */
record Parameters(String function, List<String> names, int required, List<String> keywords) {

  /**
   * The arguments of a call, one per parameter and then one per keyword; null for an omitted
   * optional one.
   *
   * @param arguments as written in the query
   */
  List<Expression> arrange(List<Expression> arguments) {
    int positional = 0;
    while (positional < arguments.size()
        && !(arguments.get(positional) instanceof NamedArgumentExpression)) {
      positional++;
    }
    Expression[] values = new Expression[names.size() + keywords.size()];
    for (int i = 0; i < Math.min(positional, names.size()); i++) {
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
    if (tooFew || positional > names.size()) {
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
    List<String> all = new ArrayList<>(names);
    all.addAll(keywords);
    return IntStream.range(0, all.size())
        .filter(
            i ->
                caseSensitive && i < names.size()
                    ? all.get(i).equals(name)
                    : all.get(i).equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                AnalysisErrors.thrown(
                    QueryCompilationErrors.unrecognizedParameterName(
                        function, name, Scala.seq(all))));
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
