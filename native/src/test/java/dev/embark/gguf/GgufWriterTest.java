package dev.embark.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GgufWriterTest {

  @TempDir Path dir;

  @Test
  void metadataOfEveryTypeIsReadBackInOrder() throws IOException {
    Map<String, GgufValue> all = new LinkedHashMap<>();
    all.put("u8", GgufValue.of(GgufValueType.UINT8, 255));
    all.put("i8", GgufValue.of(GgufValueType.INT8, -128));
    all.put("u16", GgufValue.of(GgufValueType.UINT16, 65535));
    all.put("i16", GgufValue.of(GgufValueType.INT16, -32768));
    all.put("u32", GgufValue.uint32(0xFFFF_FFFFL));
    all.put("i32", GgufValue.of(GgufValueType.INT32, -7));
    all.put("u64", GgufValue.of(GgufValueType.UINT64, Long.MAX_VALUE));
    all.put("i64", GgufValue.of(GgufValueType.INT64, Long.MIN_VALUE));
    all.put("f32", GgufValue.float32(1e-12f));
    all.put("f64", GgufValue.of(GgufValueType.FLOAT64, Math.PI));
    all.put("yes", GgufValue.bool(true));
    all.put("no", GgufValue.bool(false));
    all.put("text", GgufValue.string("▁größer 😀"));
    all.put("strings", GgufValue.array(GgufValueType.STRING, List.of("", "x", "▁y")));
    all.put("bytes", GgufValue.array(GgufValueType.UINT8, List.of(0, 200)));
    all.put("shorts", GgufValue.array(GgufValueType.INT16, List.of(-5, 5)));
    all.put("ints", GgufValue.array(GgufValueType.INT32, List.of(3, 1, -1)));
    all.put("longs", GgufValue.array(GgufValueType.UINT64, List.of(1L << 40)));
    all.put("floats", GgufValue.array(GgufValueType.FLOAT32, List.of(0.5f, -0.25f)));
    all.put("doubles", GgufValue.array(GgufValueType.FLOAT64, List.of(Math.E)));
    all.put("flags", GgufValue.array(GgufValueType.BOOL, List.of(true, false, true)));
    all.put("empty", GgufValue.array(GgufValueType.INT32, List.of()));
    GgufWriter writer = new GgufWriter();
    all.forEach(writer::put);
    Path file = dir.resolve("all.gguf");

    writer.writeTo(file);

    GgufHeader header = GgufHeader.read(file);
    assertThat(header.version()).isEqualTo(3);
    assertThat(header.metadata()).containsExactlyEntriesOf(all);
    assertThat(header.tensors()).isEmpty();
  }

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    Path file = dir.resolve("bytes.gguf");
    new GgufWriter()
        .put("k", GgufValue.uint32(5))
        .tensor("t", GgufTensorType.F32, () -> FloatBuffer.wrap(new float[] {1, 2}), 2)
        .writeTo(file);

    ByteBuffer expected = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
    expected.put((byte) 'G').put((byte) 'G').put((byte) 'U').put((byte) 'F');
    expected.putInt(3).putLong(1).putLong(1);
    expected.putLong(1).put((byte) 'k').putInt(4).putInt(5);
    expected.putLong(1).put((byte) 't').putInt(1).putLong(2).putInt(0).putLong(0);
    expected.position(96).putFloat(1).putFloat(2);
    assertThat(Files.readAllBytes(file)).isEqualTo(expected.array());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void tensorsAreAlignedAndKeepTheirValues(GgufTensorType type) throws IOException {
    float[] first = {0.5f, -1.5f, 3f};
    float[] second = {1, 2, 3, 4, 5, 6};
    Path file = dir.resolve("tensors.gguf");
    new GgufWriter()
        .tensor("first", type, () -> FloatBuffer.wrap(first), 3)
        .tensor("second", type, () -> FloatBuffer.wrap(second), 3, 2)
        .writeTo(file);

    GgufHeader header = GgufHeader.read(file);

    assertThat(header.tensors()).extracting(GgufTensor::name).containsExactly("first", "second");
    assertThat(header.tensors()).allMatch(t -> t.offset() % 32 == 0 && t.type() == type);
    assertThat(header.tensor("second").orElseThrow().shape()).containsExactly(3L, 2L);
    assertThat(values(file, header.tensor("first").orElseThrow())).containsExactly(first);
    assertThat(values(file, header.tensor("second").orElseThrow())).containsExactly(second);
  }

  @Test
  void valuesOfEightBitsAreMultiplesOfTheScaleOfTheirBlock() throws IOException {
    float[] values = new float[64]; // the second block is zero
    ByteBuffer expected = ByteBuffer.allocate(68).order(ByteOrder.LITTLE_ENDIAN);
    expected.putShort(HalfFloat.toF16(0.5f));
    for (int i = 0; i < 32; i++) {
      int multiple = i == 7 ? -127 : 3 * i;
      values[i] = 0.5f * multiple + (i == 7 ? 0 : 0.2f);
      expected.put((byte) multiple);
    }
    Path file = dir.resolve("blocks.gguf");
    new GgufWriter()
        .tensor("blocks", GgufTensorType.Q8_0, () -> FloatBuffer.wrap(values), 32, 2)
        .writeTo(file);

    GgufTensor tensor = GgufHeader.read(file).tensor("blocks").orElseThrow();
    byte[] all = Files.readAllBytes(file);
    int start = Math.toIntExact(tensor.offset());
    assertThat(tensor.type()).isEqualTo(GgufTensorType.Q8_0);
    assertThat(Arrays.copyOfRange(all, start, start + 68)).isEqualTo(expected.array());
  }

  @Test
  void rowsThatAreNoWholeBlocksAreRefused() {
    GgufWriter writer = new GgufWriter();

    assertThatThrownBy(
            () ->
                writer.tensor(
                    "odd", GgufTensorType.Q8_0, () -> FloatBuffer.wrap(new float[96]), 48, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'odd' has rows of 48 values");
  }

  @Test
  void valuesBeyondOneBufferAreAllWritten() throws IOException {
    float[] many = new float[100_003];
    for (int i = 0; i < many.length; i++) {
      many[i] = i;
    }
    String longText = "é".repeat(200_000);
    Path file = dir.resolve("many.gguf");
    new GgufWriter()
        .put("text", GgufValue.string(longText))
        .tensor("many", GgufTensorType.F32, () -> FloatBuffer.wrap(many), many.length)
        .writeTo(file);

    GgufHeader header = GgufHeader.read(file);
    assertThat(header.get("text").orElseThrow().asString()).isEqualTo(longText);
    assertThat(values(file, header.tensors().get(0))).containsExactly(many);
  }

  @Test
  void theSameCallsGiveTheSameBytes() throws IOException {
    Path one = dir.resolve("one.gguf");
    Path two = dir.resolve("two.gguf");
    sample().writeTo(one);
    sample().writeTo(two);
    assertThat(two).hasSameBinaryContentAs(one);
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = dir.resolve("model.gguf");
    Files.writeString(file, "old");
    GgufWriter writer =
        sample().tensor("short", GgufTensorType.F32, () -> FloatBuffer.allocate(3), 4);

    assertThatThrownBy(() -> writer.writeTo(file))
        .isInstanceOf(IOException.class)
        .hasMessage("tensor 'short' of shape [4] needs 4 values but its source has 3");

    assertThat(file).hasContent("old");
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aValueTooLargeForF16IsAnErrorButInfinityIsKept() throws IOException {
    Path file = dir.resolve("large.gguf");
    GgufWriter tooLarge =
        new GgufWriter()
            .tensor("w", GgufTensorType.F16, () -> FloatBuffer.wrap(new float[] {1e6f}), 1);
    assertThatThrownBy(() -> tooLarge.writeTo(file))
        .hasMessageContaining("'w'")
        .hasMessageContaining("use F32");

    float[] infinite = {Float.NEGATIVE_INFINITY};
    new GgufWriter()
        .tensor("w", GgufTensorType.F16, () -> FloatBuffer.wrap(infinite), 1)
        .writeTo(file);
    assertThat(values(file, GgufHeader.read(file).tensors().get(0))).containsExactly(infinite);
  }

  @Test
  void mistakesOfTheCallerAreNamed() {
    GgufWriter writer = sample();
    GgufWriter.TensorValues one = () -> FloatBuffer.allocate(1);
    assertThatThrownBy(() -> writer.put("name", GgufValue.bool(true)))
        .hasMessageContaining("'name'");
    assertThatThrownBy(() -> writer.put("general.alignment", GgufValue.uint32(64)))
        .hasMessageContaining("general.alignment");
    assertThatThrownBy(() -> writer.tensor("w", GgufTensorType.F32, one, 1))
        .hasMessageContaining("already");
    assertThatThrownBy(() -> writer.tensor("q", GgufTensorType.Q8_0, one, 1))
        .hasMessageContaining("Q8_0");
    assertThatThrownBy(() -> writer.tensor("z", GgufTensorType.F32, one, 1, 0))
        .hasMessageContaining("[1, 0]");
    assertThatThrownBy(() -> writer.tensor("x".repeat(64), GgufTensorType.F32, one, 1))
        .hasMessageContaining("63");
    assertThatThrownBy(() -> GgufValue.uint32(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> GgufValue.array(GgufValueType.UINT8, List.of(256)))
        .hasMessageContaining("256");
    assertThatThrownBy(() -> GgufValue.of(GgufValueType.FLOAT32, 1.0))
        .hasMessageContaining("Float");
  }

  private static GgufWriter sample() {
    return new GgufWriter()
        .put("name", GgufValue.string("sample"))
        .tensor("w", GgufTensorType.F16, () -> FloatBuffer.wrap(new float[] {1, 2, 3, 4}), 2, 2);
  }

  private static float[] values(Path file, GgufTensor tensor) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int from = Math.toIntExact(tensor.offset());
    ByteBuffer data =
        ByteBuffer.wrap(Arrays.copyOfRange(bytes, from, from + Math.toIntExact(tensor.bytes())))
            .order(ByteOrder.LITTLE_ENDIAN);
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
