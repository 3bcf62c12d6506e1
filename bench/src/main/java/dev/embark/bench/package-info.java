/**
 * The comparison of Embark with what users could take instead. Every side is a process of its own
 * ({@link dev.embark.bench.side}); all embed the same texts with the same weights, in rounds that
 * alternate.
 *
 * <pre>
 *  WordNet ──► Corpus ──┐
 *  Sides ──► SideSpec ──┴──► Comparison ──► SideResult ──► Ratio ──► ReportMarkdown, ReportJson
 *                               │  ▲
 *                               ▼  │ Round, vectors
 *                            SideProcess: ours, rivals, raw_llama
 * </pre>
 */
package dev.embark.bench;
