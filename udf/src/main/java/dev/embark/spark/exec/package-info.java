/**
 * The physical operator, which appends the results of model calls to the rows of a partition.
 *
 * <pre>
 *  EvalModel ──► ModelCallStrategy ──► EvalModelExec
 *                                    │ TaskSettings, OperatorInput: plain values
 *                                    ▼
 *  rows ◄── RowPartition, ColumnarPartition ◄── WindowProcessor ◄── window of texts
 *
 *  Embark.embedColumn ──► DatasetRows ──► RowPartition        (sessions that cannot be extended)
 * </pre>
 *
 * <p>The driver reads the conf and plans; tasks receive plain values. A {@link
 * dev.embark.spark.exec.WindowProcessor} owns the engine of its task until the task ends. Internal.
 */
package dev.embark.spark.exec;
