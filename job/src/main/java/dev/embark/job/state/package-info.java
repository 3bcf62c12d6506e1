/**
 * Persistent state of an output, stored in its folder {@code _embark/}.
 *
 * <pre>
 *  StateFolder ──┬── StateLog: versions, each a Manifest (fingerprint, layout, run) and its writer
 *                │     ▲
 *                │     └── RunLease: the right to add the next version; Heartbeat shows it is alive
 *                ├── WaveFiles: plan of a run's waves and their results
 *                └── Quarantine: rows without a result
 * </pre>
 *
 * <p>Only the thread of the process that holds the lease may change state; any thread may read it.
 */
package dev.embark.job.state;
