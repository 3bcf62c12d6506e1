/**
 * One verified copy of each model file per node, shared by all processes of the node.
 *
 * <pre>
 *  RemoteFile ──► ModelCache ──► CacheEntry: lock, partial file, SHA-256, rename ──► StoredModel
 *                     └────────► CacheSpace: evicts the least recently used copies
 * </pre>
 *
 * <p>Files are looked up by content hash or, for a file that was fetched before, by URI. Locks are
 * effective across processes and across class loaders of one JVM ({@link
 * dev.embark.store.cache.JvmWide}). Safe for any thread.
 */
package dev.embark.store.cache;
