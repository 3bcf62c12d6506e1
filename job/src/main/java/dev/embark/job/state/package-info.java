/**
 * The state of an output: what is in its folder {@code _embark/}.
 *
 * <pre>
 *  StateFolder ──┬── Manifest: fingerprint, layout, runs and their waves
 *                ├── RunLease: the lease of the process that writes
 *                └── Quarantine: rows without a result
 * </pre>
 *
 * <p>Changes are for the thread of the process that holds the lease; reading is for any.
 */
package dev.embark.job.state;
