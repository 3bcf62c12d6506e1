package dev.embark.model.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.model.convert.ModelFacts.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BertOnnxToGgufTest {

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"F32, 0, 0", "F16, 1, 0.0005", "BF16, 32, 0.004"})
  void everyTensorHasTheValuesOfItsInitialiser(
      GgufTensorType type, long fileType, float relativeError) throws IOException {
    TinyBert bert = new TinyBert();
    GgufData gguf = convert(bert, TinyBert.facts(type));

    assertThat(gguf.header().get("general.file_type")).contains(GgufValue.uint32(fileType));
    assertThat(gguf.header().tensors()).hasSize(5 + TinyBert.LAYERS * 16);
    same(gguf, "token_embd.weight", type, bert, "embeddings.word_embeddings.weight", relativeError);
    GgufTensorType f32 = GgufTensorType.F32;
    same(gguf, "position_embd.weight", f32, bert, "embeddings.position_embeddings.weight", 0);
    same(gguf, "token_types.weight", f32, bert, "embeddings.token_type_embeddings.weight", 0);
    same(gguf, "token_embd_norm.weight", f32, bert, "embeddings.LayerNorm.weight", 0);
    same(gguf, "token_embd_norm.bias", f32, bert, "embeddings.LayerNorm.bias", 0);
    for (int i = 0; i < TinyBert.LAYERS; i++) {
      String from = "encoder.layer." + i + ".";
      String to = "blk." + i + ".";
      String[][] linears = {
        {"attn_q", "attention.self.query"},
        {"attn_k", "attention.self.key"},
        {"attn_v", "attention.self.value"},
        {"attn_output", "attention.output.dense"},
        {"ffn_up", "intermediate.dense"},
        {"ffn_down", "output.dense"},
      };
      for (String[] pair : linears) {
        same(gguf, to + pair[0] + ".bias", f32, bert, from + pair[1] + ".bias", 0);
        transposed(gguf, to + pair[0] + ".weight", type, bert, from + pair[1], relativeError);
      }
      for (String part : List.of(".weight", ".bias")) {
        same(
            gguf,
            to + "attn_output_norm" + part,
            f32,
            bert,
            from + "attention.output.LayerNorm" + part,
            0);
        same(gguf, to + "layer_output_norm" + part, f32, bert, from + "output.LayerNorm" + part, 0);
      }
    }
  }

  @Test
  void metadataComesFromTheGraphTheTokenizerAndTheFacts() throws IOException {
    GgufData gguf = convert(new TinyBert(), TinyBert.facts(GgufTensorType.F16));

    assertThat(gguf.header().metadata())
        .containsEntry("general.architecture", GgufValue.string("bert"))
        .containsEntry("general.name", GgufValue.string("tiny"))
        .containsEntry("general.license", GgufValue.string("apache-2.0"))
        .containsEntry("bert.block_count", GgufValue.uint32(2))
        .containsEntry("bert.context_length", GgufValue.uint32(5))
        .containsEntry("bert.embedding_length", GgufValue.uint32(4))
        .containsEntry("bert.feed_forward_length", GgufValue.uint32(6))
        .containsEntry("bert.attention.head_count", GgufValue.uint32(2))
        .containsEntry("bert.attention.layer_norm_epsilon", GgufValue.float32(1e-12f))
        .containsEntry("bert.attention.causal", GgufValue.bool(false))
        .containsEntry("bert.pooling_type", GgufValue.uint32(2))
        .containsEntry("tokenizer.ggml.token_type_count", GgufValue.uint32(2))
        .containsEntry("tokenizer.ggml.cls_token_id", GgufValue.uint32(2))
        .containsEntry("tokenizer.ggml.seperator_token_id", GgufValue.uint32(3))
        .containsEntry("tokenizer.ggml.normalizer.lowercase", GgufValue.bool(true))
        .doesNotContainKey("tokenizer.ggml.normalizer.strip_accents");
  }

  @Test
  void aShorterContextKeepsTheFirstPositions() throws IOException {
    TinyBert bert = new TinyBert();
    GgufData gguf = convert(bert, withContext(3));

    assertThat(gguf.header().get("bert.context_length")).contains(GgufValue.uint32(3));
    assertThat(gguf.tensor("position_embd.weight").shape()).containsExactly(4L, 3L);
    assertThat(bert.values.get("embeddings.position_embeddings.weight"))
        .startsWith(gguf.values("position_embd.weight"));
  }

  @Test
  void factsThatDoNotFitTheGraphAreErrors() {
    assertThatThrownBy(() -> convert(new TinyBert(), withContext(6)))
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("1 to 5")
        .hasMessageContaining("not 6");
    ModelFacts threeHeads =
        new ModelFacts(
            "x", "mit", Pooling.MEAN, 3, 1e-12f, OptionalInt.empty(), GgufTensorType.F16);
    assertThatThrownBy(() -> convert(new TinyBert(), threeHeads))
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("3 heads");
  }

  @Test
  void graphsOfOtherModelsAreErrorsThatNameThePart() {
    ModelFacts facts = TinyBert.facts(GgufTensorType.F16);
    String query = new TinyBert().weightOf("encoder.layer.1.attention.self.query");
    assertThatThrownBy(() -> convert(new TinyBert().with(query), facts))
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("/encoder/layer.1/attention/self/query/MatMul");
    assertThatThrownBy(() -> convert(new TinyBert().with(query, 4, 5), facts))
        .hasMessageContaining(query)
        .hasMessageContaining("[4, 5] instead of [4, 4]");
    assertThatThrownBy(() -> convert(new TinyBert().with("embeddings.LayerNorm.bias"), facts))
        .hasMessageContaining("'embeddings.LayerNorm.bias'");
    assertThatThrownBy(
            () -> convert(new TinyBert().with("embeddings.word_embeddings.weight", 10, 4), facts))
        .hasMessageContaining("10 tokens")
        .hasMessageContaining("has 9");
  }

  private static ModelFacts withContext(int tokens) {
    return new ModelFacts(
        "x", "mit", Pooling.MEAN, 2, 1e-12f, OptionalInt.of(tokens), GgufTensorType.F16);
  }

  private GgufData convert(TinyBert bert, ModelFacts facts) throws IOException {
    Path tokenizer = Files.writeString(dir.resolve("tokenizer.json"), TinyBert.TOKENIZER);
    Path output = dir.resolve("tiny.gguf");
    BertOnnxToGguf.convert(
            OnnxReader.read(bert.writeTo(dir.resolve("tiny.onnx"))),
            WordPieceVocab.read(tokenizer),
            facts)
        .writeTo(output);
    return GgufData.read(output);
  }

  private static void same(
      GgufData gguf, String to, GgufTensorType type, TinyBert bert, String from, float error)
      throws IOException {
    assertThat(gguf.tensor(to).type()).as(to).isEqualTo(type);
    assertClose(to, gguf.values(to), bert.values.get(from), error);
  }

  private static void transposed(
      GgufData gguf, String to, GgufTensorType type, TinyBert bert, String from, float error)
      throws IOException {
    float[] weight = bert.values.get(bert.weightOf(from));
    int in = Math.toIntExact(gguf.tensor(to).shape().get(0));
    int out = Math.toIntExact(gguf.tensor(to).shape().get(1));
    float[] expected = new float[in * out];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        expected[o * in + i] = weight[i * out + o];
      }
    }
    assertThat(gguf.tensor(to).type()).as(to).isEqualTo(type);
    assertThat(out).as(to).isEqualTo(bert.values.get(from + ".bias").length);
    assertClose(to, gguf.values(to), expected, error);
  }

  private static void assertClose(
      String what, float[] actual, float[] expected, float relativeError) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]))
          .as("%s[%d] = %s, not %s", what, i, actual[i], expected[i])
          .isLessThanOrEqualTo(Math.abs(expected[i]) * relativeError);
    }
  }
}
