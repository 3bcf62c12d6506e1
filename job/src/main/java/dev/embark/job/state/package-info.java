/**
 * Persistent state of an output, stored in its folder {@code _embark/}.
 *
 * <pre>
 *  StateFolder ──┬── Manifest: fingerprint, layout, runs and their waves
 *                ├── RunLease: the lease of the process that writes
 *                └── Quarantine: rows without a result
 * </pre>
 *
 * <p>Only the thread of the process that holds the lease may change state; any thread may read it.
 */
package dev.embark.job.state;
