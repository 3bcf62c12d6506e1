/**
 * Functions, expressions, the logical operator and the rules of the optimizer.
 *
 * <pre>
 *  arguments ──► ModelFunction ──► ModelExpression ──► ExtractModelCalls ──► EvalModel
 *                                                       │
 *                  rules that move, merge or guard calls│      where a call cannot become an operator
 *                  before it is pulled out              └────► RowByRowEvaluation, row by row
 * </pre>
 *
 * <p>Everything but {@link dev.embark.spark.catalyst.RowByRowEvaluation} and {@link
 * dev.embark.spark.catalyst.CosineSimilarity} runs on the driver alone. Internal; public classes
 * are those that Spark copies by reflection or that another package of Embark uses.
 */
package dev.embark.spark.catalyst;
