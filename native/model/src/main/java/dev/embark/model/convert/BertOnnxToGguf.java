package dev.embark.model.convert;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import dev.embark.model.convert.WordPieceVocab.Special;
import dev.embark.model.convert.WordPieceVocab.TokenType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Converts a BERT encoder to GGUF's architecture {@code bert}. Weight matrices and token embeddings
 * take the type given in the facts; biases, norms, positions and token types remain F32, as in
 * llama.cpp's own converter. Not thread-safe; used for one conversion.
 */
final class BertOnnxToGguf {

  private static final long QUANTIZATION_VERSION = 2;

  private final OnnxGraph graph;
  private final WordPieceVocab vocab;
  private final ModelFacts facts;
  private final GgufWriter gguf = new GgufWriter();
  private final long width;
  private final long hidden;
  private final int layers;
  private final long positions;
  private final long tokenTypes;

  private BertOnnxToGguf(OnnxGraph graph, WordPieceVocab vocab, ModelFacts facts)
      throws IOException {
    this.graph = graph;
    this.vocab = vocab;
    this.facts = facts;
    List<Long> embeddings = matrix("embeddings.word_embeddings.weight");
    this.width = embeddings.get(1);
    this.hidden = graph.initializer(layer(0) + "intermediate.dense.bias").shape().get(0);
    this.layers = countLayers();
    this.positions = contextLength();
    this.tokenTypes = matrix("embeddings.token_type_embeddings.weight").get(0);
    if (embeddings.get(0) != vocab.tokens().size()) {
      throw new ConversionException(
          String.format(
              "the ONNX model has embeddings for %d tokens but the tokenizer has %d: they are not"
                  + " of the same model",
              embeddings.get(0), vocab.tokens().size()));
    }
    if (facts.heads() < 1 || width % facts.heads() != 0) {
      throw new ConversionException(
          "vectors of " + width + " values cannot be split among " + facts.heads() + " heads");
    }
  }

  /**
   * Returns the whole model, ready to be written; weights are read from the graph on writing.
   *
   * @throws ConversionException when the graph is not a BERT encoder or does not match the
   *     vocabulary or the facts
   */
  static GgufWriter convert(OnnxGraph graph, WordPieceVocab vocab, ModelFacts facts)
      throws IOException {
    BertOnnxToGguf conversion = new BertOnnxToGguf(graph, vocab, facts);
    conversion.putGeneral();
    conversion.putArchitecture();
    conversion.putTokenizer();
    conversion.addEmbeddings();
    for (int i = 0; i < conversion.layers; i++) {
      conversion.addLayer(i);
    }
    return conversion.gguf;
  }

  private void putGeneral() {
    gguf.put("general.architecture", GgufValue.string("bert"))
        .put("general.type", GgufValue.string("model"))
        .put("general.name", GgufValue.string(facts.name()))
        .put("general.license", GgufValue.string(facts.license()))
        .put("general.file_type", GgufValue.uint32(facts.fileType()))
        .put("general.quantization_version", GgufValue.uint32(QUANTIZATION_VERSION));
  }

  private void putArchitecture() {
    gguf.put("bert.block_count", GgufValue.uint32(layers))
        .put("bert.context_length", GgufValue.uint32(positions))
        .put("bert.embedding_length", GgufValue.uint32(width))
        .put("bert.feed_forward_length", GgufValue.uint32(hidden))
        .put("bert.attention.head_count", GgufValue.uint32(facts.heads()))
        .put("bert.attention.layer_norm_epsilon", GgufValue.float32(facts.layerNormEpsilon()))
        .put("bert.attention.causal", GgufValue.bool(false))
        .put("bert.pooling_type", GgufValue.uint32(facts.pooling().id()));
  }

  private void putTokenizer() {
    List<Integer> types = vocab.types().stream().map(TokenType::id).toList();
    gguf.put("tokenizer.ggml.model", GgufValue.string("bert"))
        .put("tokenizer.ggml.pre", GgufValue.string("default"))
        .put("tokenizer.ggml.token_type_count", GgufValue.uint32(tokenTypes))
        .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, vocab.tokens()))
        .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types))
        .put("tokenizer.ggml.bos_token_id", id(Special.CLASSIFICATION))
        .put("tokenizer.ggml.eos_token_id", id(Special.SEPARATOR))
        .put("tokenizer.ggml.unknown_token_id", id(Special.UNKNOWN))
        // The misspelling is part of the format.
        .put("tokenizer.ggml.seperator_token_id", id(Special.SEPARATOR))
        .put("tokenizer.ggml.padding_token_id", id(Special.PADDING))
        .put("tokenizer.ggml.cls_token_id", id(Special.CLASSIFICATION))
        .put("tokenizer.ggml.mask_token_id", id(Special.MASK))
        .put("tokenizer.ggml.normalizer.lowercase", GgufValue.bool(vocab.lowercase()));
    vocab
        .stripAccents()
        .ifPresent(s -> gguf.put("tokenizer.ggml.normalizer.strip_accents", GgufValue.bool(s)));
  }

  private GgufValue id(Special special) {
    return GgufValue.uint32(vocab.ids().get(special));
  }

  private void addEmbeddings() throws IOException {
    long words = vocab.tokens().size();
    rows("token_embd.weight", "embeddings.word_embeddings.weight", facts.type(), words);
    rows(
        "position_embd.weight",
        "embeddings.position_embeddings.weight",
        GgufTensorType.F32,
        positions);
    rows(
        "token_types.weight",
        "embeddings.token_type_embeddings.weight",
        GgufTensorType.F32,
        tokenTypes);
    norm("token_embd_norm", "embeddings.LayerNorm");
  }

  private void addLayer(int i) throws IOException {
    String from = layer(i);
    String to = "blk." + i + ".";
    linear(to + "attn_q", from + "attention.self.query", width, width);
    linear(to + "attn_k", from + "attention.self.key", width, width);
    linear(to + "attn_v", from + "attention.self.value", width, width);
    linear(to + "attn_output", from + "attention.output.dense", width, width);
    norm(to + "attn_output_norm", from + "attention.output.LayerNorm");
    linear(to + "ffn_up", from + "intermediate.dense", width, hidden);
    linear(to + "ffn_down", from + "output.dense", hidden, width);
    norm(to + "layer_output_norm", from + "output.LayerNorm");
  }

  private void linear(String to, String from, long in, long out) throws IOException {
    OnnxTensor weight = graph.matMulWeight(nodeOf(from));
    expectShape(weight, List.of(in, out));
    gguf.tensor(to + ".weight", facts.type(), () -> transposed(weight, in, out), in, out);
    vector(to + ".bias", from + ".bias", out);
  }

  private void norm(String to, String from) throws IOException {
    vector(to + ".weight", from + ".weight", width);
    vector(to + ".bias", from + ".bias", width);
  }

  private void vector(String to, String from, long size) throws IOException {
    OnnxTensor tensor = graph.initializer(from);
    expectShape(tensor, List.of(size));
    gguf.tensor(to, GgufTensorType.F32, tensor::floats, size);
  }

  private void rows(String to, String from, GgufTensorType type, long rows) throws IOException {
    OnnxTensor tensor = graph.initializer(from);
    expectShape(tensor, List.of(tensor.shape().get(0), width));
    gguf.tensor(to, type, () -> tensor.floats().limit(Math.toIntExact(rows * width)), width, rows);
  }

  private static FloatBuffer transposed(OnnxTensor weight, long in, long out) throws IOException {
    FloatBuffer from = weight.floats();
    float[] to = new float[from.remaining()];
    for (int i = 0; i < in; i++) {
      for (int o = 0; o < out; o++) {
        to[(int) (o * in) + i] = from.get();
      }
    }
    return FloatBuffer.wrap(to);
  }

  private int countLayers() {
    int n = 0;
    while (graph.has(layer(n) + "output.dense.bias")) {
      n++;
    }
    return n;
  }

  private int contextLength() throws IOException {
    int rows = Math.toIntExact(matrix("embeddings.position_embeddings.weight").get(0));
    int wanted = facts.contextLength().orElse(rows);
    if (wanted < 1 || wanted > rows) {
      throw new ConversionException(
          "the context length must be 1 to " + rows + ", the model's positions, not " + wanted);
    }
    return wanted;
  }

  private List<Long> matrix(String name) throws IOException {
    List<Long> shape = graph.initializer(name).shape();
    if (shape.size() != 2) {
      throw new ConversionException("the initialiser '" + name + "' is not a matrix: " + shape);
    }
    return shape;
  }

  private static void expectShape(OnnxTensor tensor, List<Long> shape) throws IOException {
    if (!tensor.shape().equals(shape)) {
      throw new ConversionException(
          String.format(
              "the initialiser '%s' has the shape %s instead of %s: this is not the BERT"
                  + " architecture",
              tensor.name(), tensor.shape(), shape));
    }
  }

  private static String layer(int i) {
    return "encoder.layer." + i + ".";
  }

  /** Maps {@code encoder.layer.0.output.dense} to {@code /encoder/layer.0/output/dense/MatMul}. */
  private static String nodeOf(String module) {
    return "/" + module.replace('.', '/').replace("layer/", "layer.") + "/MatMul";
  }
}
