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
 * Moves the calls of a node into an operator below it, which embeds rows in batches.
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
 * calls share one operator, and a call that a node below has computed is not computed again ({@link
 * ReuseResults}). {@code SELECT id FROM docs WHERE embed(body)[0] > 0 AND id < 5} embeds the five
 * rows that pass the plain condition.
 *
 * <p>The rule is idempotent: after its first run no call is left. {@link DeferModelCalls} has
 * before moved calls above nodes that need no embedding, and {@link BindInputFileNames} has moved
 * {@code input_file_name()} down. Calls that no operator can host run row by row: inside a lambda
 * over its variable, and over a text that has another value each time or contains IN or EXISTS, as
 * in {@code embed(uuid())}.
 */
public final class ExtractModelCalls extends Rule<LogicalPlan> {
  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (plan instanceof Subquery subquery && subquery.correlated()) {
      // Spark has to know each of its nodes to make a join of it; calls are answered there.
      return plan;
    }
    LogicalPlan joined =
        plan.exists(ExtractModelCalls::asksSubqueryWithCall)
            ? RewritePredicateSubquery$.MODULE$.apply(plan)
            : plan;
    if (!joined.exists(Calls::hasAny)) {
      return joined;
    }
    LogicalPlan prepared =
        new DeferModelCalls()
            .apply(joined)
            .transformUp(Scala.everywhere(BindInputFileNames::apply));
    LogicalPlan extracted = fromBelow(prepared);
    return sameOutput(extracted.transformUp(Scala.everywhere(Calls::oneByOne)), plan.output());
  }

  /** Whether EXISTS or IN has a call within, which Spark itself makes a join of only later. */
  private static boolean asksSubqueryWithCall(LogicalPlan node) {
    return node.expressions().exists(e -> e.exists(part -> isSubqueryWithCall((Expression) part)));
  }

  private static boolean isSubqueryWithCall(Expression expression) {
    return (expression instanceof Exists || expression instanceof ListQuery)
        // Its conditions are expressions of its own by now, not of its plan.
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
    // What passes columns on passes all on purpose, so that a node above can reuse an embedding.
    return ReuseResults.passes(node) ? extracted : sameOutput(extracted, node.output());
  }

  private static LogicalPlan extract(LogicalPlan node) {
    LogicalPlan answered = node instanceof Filter filter ? plainConditionsBelow(filter) : node;
    List<LogicalPlan> children = Scala.list(answered.children());
    boolean any = false;
    for (List<ModelExpression> sameText : Calls.byText(Calls.innermost(answered))) {
      int i = childWith(children, sameText.get(0));
      if (i < 0) {
        continue;
      }
      List<Attribute> results = new ArrayList<>();
      children.set(i, answer(sameText, children.get(i), answered, results));
      answered = Calls.replace(answered, sameText, results);
      any = true;
    }
    // Again, for the calls over the results of those that were answered now.
    return any ? extract(answered.withNewChildren(Scala.seq(children))) : answered;
  }

  /** A plan with a column for each of the calls, which are about one text, put into results. */
  private static LogicalPlan answer(
      List<ModelExpression> calls, LogicalPlan child, LogicalPlan parent, List<Attribute> results) {
    LogicalPlan plan = child;
    LinkedHashSet<SqlFunction> missing = new LinkedHashSet<>();
    for (ModelExpression call : calls) {
      Optional<ReuseResults.Found> found = ReuseResults.find(plan, call);
      if (found.isPresent()) {
        plan = found.get().plan();
      } else {
        missing.add(call.output());
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
      ModelExpression call, LinkedHashSet<SqlFunction> outputs, LogicalPlan child) {
    int below = below(child, call);
    if (below >= 0) {
      List<LogicalPlan> children = Scala.list(child.children());
      children.set(below, evaluate(call, outputs, children.get(below)));
      return child.withNewChildren(Scala.seq(children));
    }
    List<Attribute> results = new ArrayList<>();
    for (SqlFunction output : outputs) {
      results.add(
          new AttributeReference(
              output.function(),
              output.dataType(call.options()),
              true,
              Metadata.empty(),
              NamedExpression.newExprId(),
              Scala.seq(List.of())));
    }
    return new EvalModel(
        call.text(),
        call.options(),
        Scala.seq(new ArrayList<>(outputs)),
        Scala.seq(results),
        child);
  }

  /** The child below which a row is embedded of which the node makes many, or −1. */
  private static int below(LogicalPlan node, ModelExpression call) {
    if (node instanceof Join join) {
      return EvaluateBelowJoin.of(join, call);
    }
    // An order of such rows has them, too; a limit on it does not.
    boolean passesRows = node instanceof Project || node instanceof Sort;
    return passesRows && below(node.children().head(), call) >= 0 ? 0 : -1;
  }

  /** Drops columns that neither the parent nor the text reads, so that they are not scanned. */
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

  /** A text that may fail is computed for the rows that pass the calls before it. */
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
   * Conditions without a call filter rows before they are embedded. One that is another each time
   * sees the rows that those before it leave, and those after it stay behind it.
   */
  private static Filter plainConditionsBelow(Filter filter) {
    if (!Calls.in(filter.condition())) {
      return filter;
    }
    List<Expression> plain = new ArrayList<>();
    List<Expression> embedding = new ArrayList<>();
    boolean mayMove = true;
    for (Expression condition : conjuncts(filter.condition())) {
      mayMove &= embedding.isEmpty() || condition.deterministic();
      (Calls.in(condition) || !mayMove ? embedding : plain).add(condition);
    }
    return plain.isEmpty() || embedding.isEmpty()
        ? filter
        : new Filter(and(embedding), new Filter(and(plain), filter.child()));
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

  /** A plan with these columns, which are among its own. */
  static LogicalPlan sameOutput(LogicalPlan plan, Seq<Attribute> output) {
    return plan.output().equals(output)
        ? plan
        : new Project(Scala.seq(new ArrayList<NamedExpression>(Scala.list(output))), plan);
  }
}
