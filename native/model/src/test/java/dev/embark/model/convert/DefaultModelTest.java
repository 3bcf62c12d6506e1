package dev.embark.model.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.HalfFloat;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model that the build made, against the ONNX file that it was made from. */
class DefaultModelTest {

  private static final String RESOURCE = "/dev/embark/model/all-MiniLM-L6-v2-f16.gguf";
  private static final Path SOURCE = Path.of(System.getProperty("basedir", "."), "target/onnx");

  private static Path file;
  private static GgufData gguf;
  private static OnnxGraph onnx;

  @BeforeAll
  static void open() throws IOException, URISyntaxException {
    file = Path.of(DefaultModelTest.class.getResource(RESOURCE).toURI());
    gguf = GgufData.read(file);
    onnx = OnnxReader.read(SOURCE.resolve("all-minilm-l6-v2.onnx"));
  }

  @Test
  void itIsMiniLm() {
    GgufHeader header = gguf.header();
    assertThat(header.metadata())
        .containsEntry("general.name", GgufValue.string("all-MiniLM-L6-v2"))
        .containsEntry("general.license", GgufValue.string("apache-2.0"))
        .containsEntry("general.file_type", GgufValue.uint32(1))
        .containsEntry("bert.block_count", GgufValue.uint32(6))
        .containsEntry("bert.context_length", GgufValue.uint32(512))
        .containsEntry("bert.embedding_length", GgufValue.uint32(384))
        .containsEntry("bert.feed_forward_length", GgufValue.uint32(1536))
        .containsEntry("bert.attention.head_count", GgufValue.uint32(12))
        .containsEntry("bert.pooling_type", GgufValue.uint32(1))
        .containsEntry("tokenizer.ggml.padding_token_id", GgufValue.uint32(0))
        .containsEntry("tokenizer.ggml.unknown_token_id", GgufValue.uint32(100))
        .containsEntry("tokenizer.ggml.cls_token_id", GgufValue.uint32(101))
        .containsEntry("tokenizer.ggml.seperator_token_id", GgufValue.uint32(102))
        .containsEntry("tokenizer.ggml.mask_token_id", GgufValue.uint32(103));
    assertThat(header.tensors()).hasSize(5 + 6 * 16);
    assertThat(header.get("tokenizer.ggml.tokens").orElseThrow().asList())
        .asInstanceOf(InstanceOfAssertFactories.list(String.class))
        .hasSize(30522)
        .startsWith("[PAD]", "▁[unused0]")
        .element(7592)
        .isEqualTo("▁hello");
  }

  @Test
  void matricesAreTheTransposedOnesOfTheGraphRoundedToF16() throws IOException {
    int checked = 0;
    for (int layer = 0; layer < 6; layer++) {
      String node = "/encoder/layer." + layer;
      String block = "blk." + layer;
      checked += transposed(block + ".attn_q.weight", node + "/attention/self/query/MatMul");
      checked += transposed(block + ".attn_k.weight", node + "/attention/self/key/MatMul");
      checked += transposed(block + ".attn_v.weight", node + "/attention/self/value/MatMul");
      checked += transposed(block + ".attn_output.weight", node + "/attention/output/dense/MatMul");
      checked += transposed(block + ".ffn_up.weight", node + "/intermediate/dense/MatMul");
      checked += transposed(block + ".ffn_down.weight", node + "/output/dense/MatMul");
    }
    assertThat(checked).isEqualTo(6 * (4 * 384 * 384 + 2 * 384 * 1536));
  }

  @Test
  void tokenEmbeddingsAreRoundedAndPositionsExact() throws IOException {
    FloatBuffer words = onnx.initializer("embeddings.word_embeddings.weight").floats();
    float[] rounded = gguf.values("token_embd.weight");
    assertThat(gguf.tensor("token_embd.weight").type()).isEqualTo(GgufTensorType.F16);
    assertThat(rounded).hasSize(words.remaining());
    for (float value : rounded) {
      requireNearestF16(value, words.get());
    }
    float[] positions = gguf.values("position_embd.weight");
    assertThat(FloatBuffer.wrap(positions))
        .isEqualTo(onnx.initializer("embeddings.position_embeddings.weight").floats());
  }

  @Test
  void theDigestFileMatchesTheModel() throws Exception {
    byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    assertThat(file.resolveSibling(file.getFileName() + ".sha256"))
        .hasContent(HexFormat.of().formatHex(sha256) + "  all-MiniLM-L6-v2-f16.gguf\n");
  }

  @Test
  void convertingAgainGivesTheSameBytes(@TempDir Path dir) throws IOException {
    Path again = dir.resolve("again.gguf");
    ConvertModel.main(
        new String[] {
          "--onnx", SOURCE.resolve("all-minilm-l6-v2.onnx").toString(),
          "--tokenizer", SOURCE.resolve("all-minilm-l6-v2-tokenizer.json").toString(),
          "--output", again.toString(),
          "--name", "all-MiniLM-L6-v2",
          "--license", "apache-2.0",
          "--pooling", "mean",
          "--heads", "12",
          "--type", "f16"
        });
    assertThat(Files.mismatch(again, file)).isEqualTo(-1);
  }

  private static int transposed(String tensor, String node) throws IOException {
    float[] values = gguf.values(tensor);
    FloatBuffer weight = onnx.matMulWeight(node).floats();
    int in = Math.toIntExact(gguf.tensor(tensor).shape().get(0));
    int out = Math.toIntExact(gguf.tensor(tensor).shape().get(1));
    assertThat(gguf.tensor(tensor).type()).as(tensor).isEqualTo(GgufTensorType.F16);
    assertThat(onnx.matMulWeight(node).shape()).as(tensor).containsExactly((long) in, (long) out);
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        requireNearestF16(values[o * in + i], weight.get(i * out + o));
      }
    }
    return values.length;
  }

  /** Half a unit in the last place of F16: 2^-11 of the value, or 2^-25 where it is subnormal. */
  private static void requireNearestF16(float actual, float exact) {
    // One assertion object per weight would take minutes.
    if (Math.abs(actual - exact) > Math.max(Math.abs(exact) * 0x1p-11f, 0x1p-25f)
        || HalfFloat.fromF16(HalfFloat.toF16(actual)) != actual) {
      throw new AssertionError(actual + " is not " + exact + " rounded to F16");
    }
  }
}
