/**
 * Gets model files onto a node: named by URI, verified by SHA-256, one copy for all processes.
 *
 * <pre>
 *              ModelStore
 *  "s3a:…" ──► ModelPlaces ──► RemoteFile ──► ModelCache ──► one copy per node, locked while used
 *                         │    a path, Hadoop,  │  lock, partial file, SHA-256, rename
 *                         │    classpath:       └─ evicts what was not used for longest
 *                         └──► a Path in spark.embark.inPlace ──► hashed once a JVM, used there
 *  "hf:…"    ──► ServedModels ──► HubFile ────────▲
 *  "https:…" ──►              ──► WebFile         └─ weights that an accelerator has packed
 * </pre>
 *
 * <p>{@link dev.embark.store.ModelStore#open} hands out a {@link
 * dev.embark.store.cache.StoredModel}; whoever opened it closes it, and until then no process
 * removes the file. Nothing here loads a model or knows llama.cpp.
 */
package dev.embark.store;
