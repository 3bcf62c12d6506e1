/**
 * Converts a BERT-like sentence encoder, given as ONNX plus {@code tokenizer.json}, into one GGUF
 * file. Runs during the build of Embark; the published jar contains no class of this package.
 *
 * <pre>
 *  model.onnx ─────► OnnxReader ────► OnnxGraph ──────┐
 *                    (maps the file)                  ├─► BertOnnxToGguf ─► GgufWriter ─► .gguf
 *  tokenizer.json ─► WordPieceVocab ──────────────────┤                                   .gguf.sha256
 *  command line ───► ModelFacts ──────────────────────┘
 * </pre>
 *
 * <p>Ownership: weights remain in the mapped ONNX file until the writer requests them, one tensor
 * at a time; the mapping is released with the graph.
 */
package dev.embark.model.convert;
