/**
 * Turns a BERT-like sentence encoder, ONNX plus {@code tokenizer.json}, into one GGUF file. Runs
 * when Embark is built; no class of this package is in the published jar.
 *
 * <pre>
 *  model.onnx ─────► OnnxReader ────► OnnxGraph ──────┐
 *                    (maps the file)                  ├─► BertOnnxToGguf ─► GgufWriter ─► .gguf
 *  tokenizer.json ─► WordPieceVocab ──────────────────┤                                   .gguf.sha256
 *  command line ───► ModelFacts ──────────────────────┘
 * </pre>
 *
 * <p>Ownership: weights stay in the mapped ONNX file until the writer asks for them, one tensor at
 * a time; the mapping goes when the graph does.
 */
package dev.embark.model.convert;
