package dev.embark.spark.catalyst;

import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.Exists;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ListQuery;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.optimizer.ColumnPruning$;
import org.apache.spark.sql.catalyst.optimizer.PushPredicateThroughNonJoin$;
import org.apache.spark.sql.catalyst.optimizer.RewritePredicateSubquery$;
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
    LogicalPlan complete = extracted.transformUp(Scala.everywhere(Calls::oneByOne));
    // Below an operator, Spark's scans prune no columns by themselves.
    return ColumnPruning$.MODULE$.apply(sameOutput(complete, plan.output()));
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
    LogicalPlan extracted = node;
    List<LogicalPlan> children = Scala.list(node.children());
    for (List<ModelExpression> sameText : Calls.byText(Calls.innermost(node))) {
      ModelExpression first = sameText.get(0);
      int i = childWith(children, first);
      if (i < 0) {
        continue;
      }
      LogicalPlan child = children.get(i);
      List<SqlFunction> missing =
          sameText.stream()
              .filter(call -> ReuseResults.find(child, call).isEmpty())
              .map(ModelExpression::function)
              .toList();
      children.set(i, missing.isEmpty() ? child : evaluate(first, missing, child));
      for (ModelExpression call : sameText) {
        ReuseResults.Found found = ReuseResults.find(children.get(i), call).orElseThrow();
        children.set(i, found.plan());
        extracted = Calls.replace(extracted, call, found.result());
      }
    }
    // Calls over the results of the calls just extracted are now innermost.
    return extracted == node ? node : extract(extracted.withNewChildren(Scala.seq(children)));
  }

  private static LogicalPlan evaluate(
      ModelExpression call, List<SqlFunction> functions, LogicalPlan child) {
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
        call.text(), call.options(), Scala.seq(functions), Scala.seq(results), child);
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

  private static int childWith(List<LogicalPlan> children, ModelExpression call) {
    for (int i = 0; i < children.size(); i++) {
      if (call.references().subsetOf(children.get(i).outputSet())) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Splits a filter, so that rows are filtered before they are embedded: first by the conditions
   * without a call, then by each other condition. A nondeterministic condition keeps its position
   * among the conditions, since its value depends on the rows it sees.
   */
  private static LogicalPlan inSteps(Filter filter) {
    if (!Calls.in(filter.condition())) {
      return filter;
    }
    List<Expression> first = new ArrayList<>();
    List<Expression> later = new ArrayList<>();
    boolean mayMove = true;
    for (Expression condition : conjuncts(filter.condition())) {
      mayMove &= later.isEmpty() || condition.deterministic();
      (Calls.in(condition) || !mayMove ? later : first).add(condition);
    }
    LogicalPlan plan = filter.child();
    if (!first.isEmpty()) {
      plan = new Filter(first.stream().reduce(And::new).orElseThrow(), plan);
    }
    for (Expression condition : later) {
      plan = new Filter(condition, plan);
    }
    return plan;
  }

  static List<Expression> conjuncts(Expression condition) {
    return Scala.list(PushPredicateThroughNonJoin$.MODULE$.splitConjunctivePredicates(condition));
  }

  /** Projects a plan to the given subset of its columns. */
  static LogicalPlan sameOutput(LogicalPlan plan, Seq<Attribute> output) {
    return plan.output().equals(output)
        ? plan
        : new Project(Scala.seq(new ArrayList<NamedExpression>(Scala.list(output))), plan);
  }
}
