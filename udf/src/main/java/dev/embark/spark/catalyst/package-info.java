/**
 * SQL functions, expressions, the logical operator and the optimizer rules.
 *
 * <pre>
 *  arguments ──► ModelFunction ──► ModelExpression ──► ExtractModelCalls ──► EvalModel
 *                                                       │
 *                  rules that move, merge or guard calls│      where a call cannot become an operator
 *                  before it is pulled out              └────► RowByRowEvaluation, row by row
 * </pre>
 *
 * <p>Everything except {@link dev.embark.spark.catalyst.RowByRowEvaluation} runs only on the
 * driver. Internal; a class is public only if Spark copies it by reflection or another package of
 * Embark uses it.
 */
package dev.embark.spark.catalyst;
