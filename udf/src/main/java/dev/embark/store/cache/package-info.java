/**
 * One verified copy of each model file per node, shared by all processes of the node.
 *
 * <pre>
 *  RemoteFile ──► ModelCache ──► CacheEntry: lock, partial file, SHA-256, rename ──► StoredModel
 *                     └────────► CacheSpace: evicts what was not used for longest
 * </pre>
 *
 * <p>Files are found by content, and by place for a file that has been fetched before ({@link
 * dev.embark.store.cache.Recorded}). Locks hold across processes and across class loaders of one
 * JVM ({@link dev.embark.store.cache.JvmWide}). Safe for any thread.
 */
package dev.embark.store.cache;
