package dev.embark.model.convert;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.embark.gguf.GgufTensorType;
import dev.embark.model.convert.ModelFacts.Pooling;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A BERT of two layers, small enough to be written by a test: 9 tokens, 5 positions, vectors of 4
 * values, 6 hidden ones. No two values of it are equal, so that a mix-up shows.
 */
final class TinyBert {

  static final int TOKENS = 9;
  static final int POSITIONS = 5;
  static final int WIDTH = 4;
  static final int HIDDEN = 6;
  static final int LAYERS = 2;

  /** A tokenizer.json that fits, made with single quotes to be read. */
  static final String TOKENIZER =
      """
      {'added_tokens': [
         {'id': 0, 'content': '[PAD]', 'special': true},
         {'id': 1, 'content': '[UNK]', 'special': true},
         {'id': 2, 'content': '[CLS]', 'special': true},
         {'id': 3, 'content': '[SEP]', 'special': true},
         {'id': 4, 'content': '[MASK]', 'special': true},
         {'id': 8, 'content': '<user>', 'special': false}],
       'normalizer': {'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true,
         'strip_accents': null, 'lowercase': true},
       'model': {'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##',
         'vocab': {'##s': 7, '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4,
           'tree': 5, '#': 6}}}
      """
          .replace('\'', '"');

  /** Values by initialiser, in row-major order. */
  final Map<String, float[]> values = new LinkedHashMap<>();

  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final Map<String, String> nodes = new LinkedHashMap<>();
  private float next = 0.001f;

  TinyBert() {
    add("embeddings.word_embeddings.weight", TOKENS, WIDTH);
    add("embeddings.position_embeddings.weight", POSITIONS, WIDTH);
    add("embeddings.token_type_embeddings.weight", 2, WIDTH);
    norm("embeddings.LayerNorm");
    for (int i = 0; i < LAYERS; i++) {
      String layer = "encoder.layer." + i + ".";
      linear(layer + "attention.self.query", WIDTH, WIDTH);
      linear(layer + "attention.self.key", WIDTH, WIDTH);
      linear(layer + "attention.self.value", WIDTH, WIDTH);
      linear(layer + "attention.output.dense", WIDTH, WIDTH);
      norm(layer + "attention.output.LayerNorm");
      linear(layer + "intermediate.dense", WIDTH, HIDDEN);
      linear(layer + "output.dense", HIDDEN, WIDTH);
      norm(layer + "output.LayerNorm");
    }
    add("pooler.dense.weight", WIDTH, WIDTH);
  }

  static ModelFacts facts(GgufTensorType type) {
    return new ModelFacts("tiny", "apache-2.0", Pooling.CLS, 2, 1e-12f, OptionalInt.empty(), type);
  }

  /** Replaces a tensor, to make a model that is wrong. */
  TinyBert with(String name, long... shape) {
    shapes.remove(name);
    values.remove(name);
    if (shape.length > 0) {
      add(name, shape);
    }
    return this;
  }

  Path writeTo(Path file) throws IOException {
    return Files.write(file, bytes());
  }

  byte[] bytes() throws IOException {
    List<byte[]> graph = new ArrayList<>();
    for (Map.Entry<String, String> node : nodes.entrySet()) {
      graph.add(
          message(
              out -> {
                out.writeString(1, node.getKey() + "_input");
                out.writeString(1, node.getValue());
                out.writeString(2, node.getKey() + "_output");
                out.writeString(3, node.getKey());
                out.writeString(4, "MatMul");
              }));
    }
    int nodeCount = graph.size();
    for (Map.Entry<String, float[]> tensor : values.entrySet()) {
      graph.add(tensor(tensor.getKey(), shapes.get(tensor.getKey()), tensor.getValue()));
    }
    byte[] body =
        message(
            out -> {
              for (int i = 0; i < graph.size(); i++) {
                out.writeByteArray(i < nodeCount ? 1 : 5, graph.get(i));
              }
              out.writeString(2, "tiny");
            });
    return message(
        out -> {
          out.writeInt64(1, 7);
          out.writeString(2, "test");
          out.writeByteArray(7, body);
        });
  }

  private static byte[] tensor(String name, long[] shape, float[] values) throws IOException {
    ByteBuffer raw =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return message(
        out -> {
          for (long dimension : shape) {
            out.writeInt64(1, dimension);
          }
          out.writeInt32(2, 1);
          out.writeString(8, name);
          out.writeBytes(9, ByteString.copyFrom(raw));
        });
  }

  interface Body {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] message(Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    body.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private void norm(String name) {
    add(name + ".weight", WIDTH);
    add(name + ".bias", WIDTH);
  }

  private void linear(String name, long in, long out) {
    String weight = "onnx::MatMul_" + (100 + nodes.size());
    nodes.put("/" + name.replace('.', '/').replace("layer/", "layer.") + "/MatMul", weight);
    add(weight, in, out);
    add(name + ".bias", out);
  }

  /** The name that the exporter gave the weight of a linear layer. */
  String weightOf(String name) {
    return nodes.get("/" + name.replace('.', '/').replace("layer/", "layer.") + "/MatMul");
  }

  private void add(String name, long... shape) {
    long size = 1;
    for (long dimension : shape) {
      size *= dimension;
    }
    float[] data = new float[Math.toIntExact(size)];
    for (int i = 0; i < data.length; i++) {
      data[i] = next;
      next += 0.001f;
    }
    shapes.put(name, shape);
    values.put(name, data);
  }
}
