/**
 * Fetches model files to a node by URI, verifies their SHA-256, and keeps one copy for all
 * processes.
 *
 * <pre>
 *              ModelStore
 *  "s3a:…" ──► ModelPlaces ──► RemoteFile ──► ModelCache ──► one copy per node, locked while used
 *                         │    a path, Hadoop,  │  lock, partial file, SHA-256, rename
 *                         │    classpath:       └─ evicts the least recently used copies
 *                         └──► a Path in spark.embark.inPlace ──► hashed once per JVM, used in place
 *  "hf:…"    ──► ServedModels ──► HubFile ────────▲
 *  "https:…" ──►              ──► WebFile         └─ weights packed for the accelerator
 *  a folder, "hf:org/repo" ──► SourceFolder ──► ImportedFolder: converted to GGUF into the cache
 * </pre>
 *
 * <p>{@link dev.embark.store.ModelStore#open} returns a {@link dev.embark.store.cache.StoredModel};
 * the caller closes it, and until then no process removes the file. These packages neither load a
 * model nor depend on Spark.
 */
package dev.embark.store;
