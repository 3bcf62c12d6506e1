/**
 * Execution of a run, from its start to its last committed wave, and the dry run.
 *
 * <pre>
 *  RunOpener ──► RunStart: resume, begin or refuse
 *      │
 *      ▼
 *  JobRun ──► WaveWriter ──► sink ──► log             (once per wave)
 *      └──────► RunListener: progress and report
 * </pre>
 *
 * <p>Runs on the driver's main thread, except {@link dev.embark.job.run.Termination}, whose
 * requests come from signal handlers and other threads.
 */
package dev.embark.job.run;
