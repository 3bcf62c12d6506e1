package dev.embark.bench.rival;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Gives a tensor of an ONNX model one more name, under which the model hands it out. What this
 * makes is written behind the model: protobuf defines that the fields of messages one after the
 * other merge, and so an Identity node and an output are added to the graph.
 */
final class RenamedOutput {
  // Field numbers of onnx.proto; all fields used here are length-delimited or small integers.
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_OUTPUT = 12;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_TYPE = 4;
  private static final int VALUE_NAME = 1;
  private static final int VALUE_TYPE = 2;
  private static final int TYPE_TENSOR = 1;
  private static final byte[] FLOAT_TENSOR = {8, 1}; // elem_type = FLOAT

  private RenamedOutput() {}

  /** The bytes that have to follow the model. */
  static byte[] suffix(String tensor, String name) {
    byte[] node =
        join(
            field(NODE_INPUT, bytes(tensor)),
            field(NODE_OUTPUT, bytes(name)),
            field(NODE_TYPE, bytes("Identity")));
    byte[] output =
        join(field(VALUE_NAME, bytes(name)), field(VALUE_TYPE, field(TYPE_TENSOR, FLOAT_TENSOR)));
    return field(MODEL_GRAPH, join(field(GRAPH_NODE, node), field(GRAPH_OUTPUT, output)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] field(int number, byte[] value) {
    if (value.length > 127) {
      throw new IllegalArgumentException("A length of more than 127 takes more than one byte.");
    }
    return join(new byte[] {(byte) (number << 3 | 2), (byte) value.length}, value);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
