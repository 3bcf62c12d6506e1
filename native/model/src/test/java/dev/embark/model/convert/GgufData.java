package dev.embark.model.convert;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.HalfFloat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The values of tensors in a GGUF file, for tests. */
record GgufData(Path file, GgufHeader header) {

  static GgufData read(Path file) throws IOException {
    return new GgufData(file, GgufHeader.read(file));
  }

  GgufTensor tensor(String name) {
    return header.tensor(name).orElseThrow(() -> new AssertionError("no tensor " + name));
  }

  float[] values(String name) throws IOException {
    GgufTensor tensor = tensor(name);
    ByteBuffer data;
    try (FileChannel channel = FileChannel.open(file)) {
      data = channel.map(FileChannel.MapMode.READ_ONLY, tensor.offset(), tensor.bytes());
    }
    data.order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[Math.toIntExact(tensor.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tensor.type()) {
            case F16 -> HalfFloat.fromF16(data.getShort());
            case BF16 -> HalfFloat.fromBf16(data.getShort());
            default -> data.getFloat();
          };
    }
    return values;
  }
}
