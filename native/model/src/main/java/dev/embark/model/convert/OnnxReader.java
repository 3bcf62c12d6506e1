package dev.embark.model.convert;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads an ONNX file at the level of the protobuf wire format. Weights are not copied: they remain
 * views of the mapped file. Field numbers are those of {@code onnx.proto}.
 */
final class OnnxReader {

  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int NODE_INPUT = 1;
  private static final int NODE_NAME = 3;
  private static final int NODE_OP_TYPE = 4;
  private static final int TENSOR_DIMS = 1;
  private static final int TENSOR_DATA_TYPE = 2;
  private static final int TENSOR_FLOAT_DATA = 4;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW_DATA = 9;
  private static final int TENSOR_EXTERNAL_DATA = 13;

  private final ByteBuffer bytes;
  private final CodedInputStream in;
  private final Map<String, OnnxTensor> initializers = new HashMap<>();
  private final Map<String, List<String>> matMuls = new HashMap<>();

  private OnnxReader(ByteBuffer bytes) {
    this.bytes = bytes;
    this.in = CodedInputStream.newInstance(bytes.duplicate());
  }

  /**
   * Reads the graph of a single-file model of less than 2 GiB.
   *
   * @throws ConversionException when the file is not a complete ONNX model
   * @throws IOException when the file cannot be read
   */
  static OnnxGraph read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new ConversionException(file + " is larger than 2 GiB, which ONNX files cannot be");
      }
      OnnxReader reader =
          new OnnxReader(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
      reader.eachField(reader::modelField);
      if (reader.initializers.isEmpty()) {
        throw new ConversionException(file + " is not an ONNX model: it has no graph with weights");
      }
      return new OnnxGraph(reader.initializers, reader.matMuls);
    } catch (InvalidProtocolBufferException e) {
      throw new ConversionException(
          file + " is not a whole ONNX model: it is damaged or truncated; download it again", e);
    }
  }

  private interface FieldReader {
    /** Reads the value of the field with this tag. */
    void read(int tag) throws IOException;
  }

  private void eachField(FieldReader reader) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      reader.read(tag);
    }
  }

  private void message(FieldReader reader) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    eachField(reader);
    // readTag returns 0 both at the limit and at the end of the file.
    if (in.getBytesUntilLimit() > 0) {
      throw new InvalidProtocolBufferException("a message is longer than the file");
    }
    in.popLimit(outer);
  }

  private void modelField(int tag) throws IOException {
    if (isBytes(tag, MODEL_GRAPH)) {
      message(this::graphField);
    } else {
      skip(tag);
    }
  }

  private void graphField(int tag) throws IOException {
    if (isBytes(tag, GRAPH_NODE)) {
      readNode();
    } else if (isBytes(tag, GRAPH_INITIALIZER)) {
      OnnxTensor tensor = readTensor();
      initializers.put(tensor.name(), tensor);
    } else {
      skip(tag);
    }
  }

  private void readNode() throws IOException {
    List<String> inputs = new ArrayList<>();
    Map<Integer, String> strings = new HashMap<>();
    message(
        tag -> {
          if (isBytes(tag, NODE_INPUT)) {
            inputs.add(in.readString());
          } else if (isBytes(tag, NODE_NAME) || isBytes(tag, NODE_OP_TYPE)) {
            strings.put(WireFormat.getTagFieldNumber(tag), in.readString());
          } else {
            skip(tag);
          }
        });
    if ("MatMul".equals(strings.get(NODE_OP_TYPE))) {
      matMuls.put(strings.getOrDefault(NODE_NAME, ""), List.copyOf(inputs));
    }
  }

  private OnnxTensor readTensor() throws IOException {
    TensorFields fields = new TensorFields();
    message(tag -> tensorField(tag, fields));
    return new OnnxTensor(
        fields.name, List.copyOf(fields.shape), fields.dataType, fields.external, fields.data);
  }

  private void tensorField(int tag, TensorFields fields) throws IOException {
    if (isVarint(tag, TENSOR_DIMS)) {
      fields.shape.add(in.readInt64());
    } else if (isBytes(tag, TENSOR_DIMS)) {
      int outer = in.pushLimit(in.readRawVarint32());
      while (in.getBytesUntilLimit() > 0) {
        fields.shape.add(in.readInt64());
      }
      in.popLimit(outer);
    } else if (isVarint(tag, TENSOR_DATA_TYPE)) {
      fields.dataType = in.readInt32();
    } else if (isBytes(tag, TENSOR_NAME)) {
      fields.name = in.readString();
    } else if (isBytes(tag, TENSOR_RAW_DATA) || isBytes(tag, TENSOR_FLOAT_DATA)) {
      fields.data = view();
    } else if (isBytes(tag, TENSOR_EXTERNAL_DATA)) {
      fields.external = true;
      skip(tag);
    } else {
      skip(tag);
    }
  }

  private ByteBuffer view() throws IOException {
    int size = in.readRawVarint32();
    int start = in.getTotalBytesRead();
    in.skipRawBytes(size);
    return bytes.slice(start, size);
  }

  private static boolean isBytes(int tag, int field) {
    return tag == (field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED);
  }

  private static boolean isVarint(int tag, int field) {
    return tag == (field << 3 | WireFormat.WIRETYPE_VARINT);
  }

  private void skip(int tag) throws IOException {
    if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that never began");
    }
  }

  private static final class TensorFields {
    private final List<Long> shape = new ArrayList<>();
    private String name = "";
    private int dataType;
    private boolean external;
    private ByteBuffer data = ByteBuffer.allocate(0);
  }
}
