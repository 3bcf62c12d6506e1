/**
 * The physical operator: partitions of rows in, the same rows with results out.
 *
 * <pre>
 *  EvalModel ──► ModelCallStrategy ──► EvalModelExec
 *                                    │ TaskSettings, OperatorInput: plain values
 *                                    ▼
 *  rows ◄── RowPartition, ColumnarPartition ◄── WindowProcessor ◄── window of texts
 *
 *  Embark.embedColumn ──► DatasetRows ──► RowPartition        (sessions without the planner)
 * </pre>
 *
 * <p>The driver reads conf and plans; a task gets plain values. A {@link
 * dev.embark.spark.exec.WindowProcessor} owns the engine of its task until the task ends. Internal.
 */
package dev.embark.spark.exec;
