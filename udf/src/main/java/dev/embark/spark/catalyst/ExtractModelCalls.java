package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Exists;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ListQuery;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.optimizer.RewritePredicateSubquery$;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.Subquery;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.types.Metadata;
import scala.collection.Seq;

/**
 * Optimizer rule that extracts model calls from a node into an {@link EvalModel} operator below it,
 * which evaluates rows in batches.
 *
 * <pre>
 *   SELECT id, embed(body) AS e FROM docs
 *
 *   Project [id, embed(body) AS e]          Project [id, embed#7 AS e]
 *   +- Relation [id, body, …]        ──►    +- EvalModel embed(body) → embed#7
 *                                              +- Project [id, body]
 *                                                 +- Relation [id, body, …]
 * </pre>
 *
 * <p>Without the rule the model runs once for each occurrence of the call and each row, one row at
 * a time ({@link RowByRowEvaluation}, {@code embed_one_by_one} in EXPLAIN). With the rule equal
 * calls share one operator, and a call that a node further down has computed is reused ({@link
 * ReuseResults}). {@code SELECT id FROM docs WHERE embed(body)[0] > 0 AND id < 5} embeds only the
 * five rows that pass the condition without a call.
 *
 * <p>The rule is idempotent: its first run leaves no call. It first applies {@link
 * DeferModelCalls}, which moves calls above nodes that need no result, and {@link
 * BindInputFileNames}, which moves {@code input_file_name()} down. Calls that no operator can host
 * run row by row: a call over a lambda variable, over a nondeterministic text as in {@code
 * embed(uuid())}, or over a text with IN or EXISTS.
 */
public final class ExtractModelCalls extends Rule<LogicalPlan> {
  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (plan instanceof Subquery subquery && subquery.correlated()) {
      // Spark can rewrite a correlated subquery to a join only if it knows every node; the rule
      // runs again on the join.
      return plan;
    }
    LogicalPlan rewritten =
        plan.exists(ExtractModelCalls::hasSubqueryWithCall)
            ? RewritePredicateSubquery$.MODULE$.apply(plan)
            : plan;
    if (!rewritten.exists(Calls::hasAny)) {
      return rewritten;
    }
    LogicalPlan prepared =
        new DeferModelCalls()
            .apply(rewritten)
            .transformUp(Scala.everywhere(BindInputFileNames::apply));
    LogicalPlan extracted = fromBelow(prepared);
    return sameOutput(extracted.transformUp(Scala.everywhere(Calls::oneByOne)), plan.output());
  }

  /**
   * Whether a node has EXISTS or IN over a call, which Spark rewrites to a join only after this
   * rule.
   */
  private static boolean hasSubqueryWithCall(LogicalPlan node) {
    return node.expressions().exists(e -> e.exists(part -> isSubqueryWithCall((Expression) part)));
  }

  private static boolean isSubqueryWithCall(Expression expression) {
    return (expression instanceof Exists || expression instanceof ListQuery)
        // By now the conditions are children of the subquery expression, not part of its plan.
        && (Calls.in(expression) || ((SubqueryExpression) expression).plan().exists(Calls::hasAny));
  }

  private static LogicalPlan fromBelow(LogicalPlan plan) {
    LogicalPlan node = plan instanceof Filter filter ? inSteps(filter) : plan;
    List<LogicalPlan> children = new ArrayList<>();
    for (LogicalPlan child : Scala.list(node.children())) {
      LogicalPlan extracted = fromBelow(child);
      children.add(ReuseResults.passes(node) ? extracted : sameOutput(extracted, child.output()));
    }
    if (Calls.isCommand(node)) {
      return node.withNewChildren(Scala.seq(children));
    }
    LogicalPlan guarded = GuardConditionalCalls.apply(node.withNewChildren(Scala.seq(children)));
    LogicalPlan extracted = extract(guarded);
    // Nodes that pass columns keep the added ones, so that a node above can reuse a result.
    return ReuseResults.passes(node) ? extracted : sameOutput(extracted, node.output());
  }

  private static LogicalPlan extract(LogicalPlan node) {
    LogicalPlan extracted = node instanceof Filter filter ? plainConditionsBelow(filter) : node;
    List<LogicalPlan> children = Scala.list(extracted.children());
    boolean any = false;
    for (List<ModelExpression> sameText : Calls.byText(Calls.innermost(extracted))) {
      int i = childWith(children, sameText.get(0));
      if (i < 0) {
        continue;
      }
      List<Attribute> results = new ArrayList<>();
      children.set(i, addColumns(sameText, children.get(i), extracted, results));
      extracted = Calls.replace(extracted, sameText, results);
      any = true;
    }
    // Calls over the results of the calls just extracted are now innermost.
    return any ? extract(extracted.withNewChildren(Scala.seq(children))) : extracted;
  }

  /**
   * Adds a column to a plan for each of the calls, which have equal text and options.
   *
   * @param results receives the columns, one per call
   */
  private static LogicalPlan addColumns(
      List<ModelExpression> calls, LogicalPlan child, LogicalPlan parent, List<Attribute> results) {
    LogicalPlan plan = child;
    LinkedHashSet<SqlFunction> missing = new LinkedHashSet<>();
    for (ModelExpression call : calls) {
      Optional<ReuseResults.Found> found = ReuseResults.find(plan, call);
      if (found.isPresent()) {
        plan = found.get().plan();
      } else {
        missing.add(call.function());
      }
    }
    if (!missing.isEmpty()) {
      plan = evaluate(calls.get(0), missing, onlyNeeded(plan, parent, calls.get(0)));
    }
    for (ModelExpression call : calls) {
      ReuseResults.Found found = ReuseResults.find(plan, call).orElseThrow();
      plan = found.plan();
      results.add(found.result());
    }
    return plan;
  }

  private static LogicalPlan evaluate(
      ModelExpression call, LinkedHashSet<SqlFunction> functions, LogicalPlan child) {
    int below = below(child, call);
    if (below >= 0) {
      List<LogicalPlan> children = Scala.list(child.children());
      children.set(below, evaluate(call, functions, children.get(below)));
      return child.withNewChildren(Scala.seq(children));
    }
    List<Attribute> results = new ArrayList<>();
    for (SqlFunction function : functions) {
      results.add(
          new AttributeReference(
              function.sqlName(),
              function.dataType(call.options()),
              true,
              Metadata.empty(),
              NamedExpression.newExprId(),
              Scala.seq(List.of())));
    }
    return new EvalModel(
        call.text(),
        call.options(),
        Scala.seq(new ArrayList<>(functions)),
        Scala.seq(results),
        child);
  }

  /**
   * The index of the child below which to evaluate a call, because a join below {@code node}
   * multiplies the rows; −1 to evaluate it directly below the parent.
   */
  private static int below(LogicalPlan node, ModelExpression call) {
    if (node instanceof Join join) {
      return EvaluateBelowJoin.of(join, call);
    }
    // Projections and sorts keep the multiplied rows; a limit does not.
    boolean passesRows = node instanceof Project || node instanceof Sort;
    return passesRows && below(node.children().head(), call) >= 0 ? 0 : -1;
  }

  /** Prunes columns that neither the parent nor the text reads, so that they are not scanned. */
  private static LogicalPlan onlyNeeded(
      LogicalPlan child, LogicalPlan parent, ModelExpression call) {
    if (!(parent instanceof Project) && !(parent instanceof Aggregate)) {
      return child;
    }
    AttributeSet needed = parent.references().$plus$plus(call.references());
    List<NamedExpression> kept = new ArrayList<>();
    for (Attribute column : Scala.list(child.output())) {
      if (needed.contains(column)) {
        kept.add(column);
      }
    }
    return kept.size() == child.output().size() ? child : new Project(Scala.seq(kept), child);
  }

  private static int childWith(List<LogicalPlan> children, ModelExpression call) {
    for (int i = 0; i < children.size(); i++) {
      if (call.references().subsetOf(children.get(i).outputSet())) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Splits a filter, so that a text that may raise an error is computed only for rows that pass the
   * calls before it.
   */
  private static Filter inSteps(Filter filter) {
    Filter calls = plainConditionsBelow(filter);
    List<Expression> conditions = conjuncts(calls.condition());
    for (int i = 1; i < conditions.size(); i++) {
      if (Calls.mayRaiseIn(conditions.get(i))
          && conditions.subList(0, i).stream().anyMatch(Calls::in)) {
        Filter before = new Filter(and(conditions.subList(0, i)), calls.child());
        return inSteps(new Filter(and(conditions.subList(i, conditions.size())), before));
      }
    }
    return calls;
  }

  /**
   * Moves conditions without a call below the others, so that rows are filtered before they are
   * embedded. A nondeterministic condition keeps its position among the conditions, since its value
   * depends on the rows it sees.
   */
  private static Filter plainConditionsBelow(Filter filter) {
    if (!Calls.in(filter.condition())) {
      return filter;
    }
    List<Expression> plain = new ArrayList<>();
    List<Expression> withCall = new ArrayList<>();
    boolean mayMove = true;
    for (Expression condition : conjuncts(filter.condition())) {
      mayMove &= withCall.isEmpty() || condition.deterministic();
      (Calls.in(condition) || !mayMove ? withCall : plain).add(condition);
    }
    return plain.isEmpty() || withCall.isEmpty()
        ? filter
        : new Filter(and(withCall), new Filter(and(plain), filter.child()));
  }

  static List<Expression> conjuncts(Expression condition) {
    List<Expression> parts = new ArrayList<>();
    if (condition instanceof And and) {
      parts.addAll(conjuncts(and.left()));
      parts.addAll(conjuncts(and.right()));
    } else {
      parts.add(condition);
    }
    return parts;
  }

  private static Expression and(List<Expression> conditions) {
    return conditions.stream().reduce(And::new).orElseThrow();
  }

  /** Projects a plan to the given subset of its columns. */
  static LogicalPlan sameOutput(LogicalPlan plan, Seq<Attribute> output) {
    return plan.output().equals(output)
        ? plan
        : new Project(Scala.seq(new ArrayList<NamedExpression>(Scala.list(output))), plan);
  }
}
