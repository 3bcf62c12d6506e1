package dev.embark.model.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxReaderTest {

  @TempDir Path dir;

  @Test
  void initialisersAndProductsAreRead() throws IOException {
    TinyBert bert = new TinyBert();
    OnnxGraph graph = OnnxReader.read(bert.writeTo(dir.resolve("m.onnx")));

    assertThat(graph.initializers()).hasSize(bert.values.size());
    OnnxTensor words = graph.initializer("embeddings.word_embeddings.weight");
    assertThat(words.shape()).containsExactly(9L, 4L);
    float[] values = new float[36];
    words.floats().get(values);
    assertThat(values).containsExactly(bert.values.get("embeddings.word_embeddings.weight"));
    assertThat(graph.matMulWeight("/encoder/layer.0/output/dense/MatMul").shape())
        .containsExactly(6L, 4L);
  }

  @Test
  void packedShapesAndFloatDataAreReadToo() throws IOException {
    float[] values = {1.5f, -2, 3, 4, 5, 6};
    ByteBuffer raw = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    OnnxTensor tensor = only(1, 4, raw.array());
    float[] read = new float[6];
    tensor.floats().get(read);
    assertThat(tensor.shape()).containsExactly(2L, 3L);
    assertThat(read).containsExactly(values);
  }

  @Test
  void quantisedAndDamagedInitialisersAreErrors() throws IOException {
    OnnxTensor int8 = only(3, 9, new byte[6]);
    assertThatThrownBy(int8::floats)
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("data type 3")
        .hasMessageContaining("not quantised");
    OnnxTensor tooShort = only(1, 9, new byte[20]);
    assertThatThrownBy(tooShort::floats)
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("20 bytes")
        .hasMessageContaining("needs 24");
    OnnxTensor ragged = only(1, 9, new byte[25]);
    assertThatThrownBy(ragged::floats).hasMessageContaining("25 bytes");
  }

  @Test
  void weightsInOtherFilesAreErrors() throws IOException {
    byte[] tensor =
        TinyBert.message(
            out -> {
              out.writeInt64(1, 2);
              out.writeInt32(2, 1);
              out.writeString(8, "w");
              out.writeByteArray(13, TinyBert.message(entry -> entry.writeString(1, "location")));
            });
    OnnxTensor external = model(tensor).initializer("w");
    assertThatThrownBy(external::floats)
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("another file");
  }

  @Test
  void truncatedModelsAreErrors() throws IOException {
    byte[] good = new TinyBert().bytes();
    for (int length = 0; length < good.length; length += 3) {
      Path file = Files.write(dir.resolve("cut.onnx"), Arrays.copyOf(good, length));
      assertThatThrownBy(() -> OnnxReader.read(file))
          .as("%d bytes", length)
          .isInstanceOf(ConversionException.class)
          .hasMessageContaining("cut.onnx");
    }
  }

  @Test
  void otherFilesAreErrors() throws IOException {
    Path html = Files.writeString(dir.resolve("page.onnx"), "<!DOCTYPE html><html></html>");
    assertThatThrownBy(() -> OnnxReader.read(html))
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("page.onnx");
  }

  private OnnxTensor only(int dataType, int dataField, byte[] data) throws IOException {
    byte[] tensor =
        TinyBert.message(
            out -> {
              out.writeBytes(1, ByteString.copyFrom(new byte[] {2, 3}));
              out.writeInt32(2, dataType);
              out.writeByteArray(dataField, data);
              out.writeString(8, "w");
            });
    return model(tensor).initializer("w");
  }

  private OnnxGraph model(byte[] tensor) throws IOException {
    byte[] graph = TinyBert.message(out -> out.writeByteArray(5, tensor));
    byte[] model = TinyBert.message(out -> out.writeByteArray(7, graph));
    return OnnxReader.read(Files.write(dir.resolve("one.onnx"), model));
  }
}
