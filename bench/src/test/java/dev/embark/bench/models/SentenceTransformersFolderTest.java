package dev.embark.bench.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentenceTransformersFolderTest {
  private static final int WIDTH = 64;
  private static final int LAYERS = 2;

  @TempDir Path folder;
  private Path gguf;
  private Path tokenizer;
  private Path model;

  @BeforeEach
  void write() throws IOException {
    gguf = RandomModel.write(folder.resolve("m.gguf"), WIDTH, LAYERS, List.of("a", "dog"));
    tokenizer = Files.writeString(folder.resolve("t.json"), "{\"version\": \"1.0\"}");
    model = folder.resolve("model");
  }

  private JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(model.resolve(file)));
  }

  /** The tensors of a layer of Hugging Face's BertModel, in the order of its modules. */
  private static List<String> layer(int i) {
    return List.of(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm")
        .stream()
        .map(module -> "encoder.layer." + i + "." + module)
        .toList();
  }

  @Test
  void theWeightsAreThoseOfTheFileUnderTheNamesOfBertModel() throws Exception {
    SentenceTransformersFolder.write(gguf, tokenizer, model);

    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(model.resolve("model.safetensors")))
            .order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    JsonNode index = new ObjectMapper().readTree(header);
    assertThat(index.size()).isEqualTo(1 + GgufHeader.read(gguf).tensors().size());
    assertThat(index.get("__metadata__").get("format").textValue()).isEqualTo("pt");
    for (int i = 0; i < LAYERS; i++) {
      for (String module : layer(i)) {
        assertThat(index.has(module + ".weight")).as(module).isTrue();
        assertThat(index.has(module + ".bias")).as(module).isTrue();
      }
    }
    ByteBuffer data = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    same(index.get("embeddings.word_embeddings.weight"), "F16", data, "token_embd.weight", 7, 64);
    same(index.get("embeddings.LayerNorm.bias"), "F32", data, "token_embd_norm.bias", 64);
    same(
        index.get("encoder.layer.1.intermediate.dense.weight"),
        "F16",
        data,
        "blk.1.ffn_up.weight",
        256,
        64);
    same(
        index.get("encoder.layer.1.output.dense.weight"),
        "F16",
        data,
        "blk.1.ffn_down.weight",
        64,
        256);
  }

  private void same(JsonNode entry, String type, ByteBuffer data, String tensor, int... shape)
      throws IOException {
    assertThat(entry.get("dtype").textValue()).isEqualTo(type);
    assertThat(entry.get("shape")).extracting(JsonNode::intValue).containsExactly(boxed(shape));
    int from = entry.get("data_offsets").get(0).intValue();
    int to = entry.get("data_offsets").get(1).intValue();
    GgufTensor original = GgufHeader.read(gguf).tensor(tensor).orElseThrow();
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(gguf));
    assertThat(data.slice(from, to - from))
        .isEqualTo(file.slice((int) original.offset(), (int) original.bytes()));
  }

  private static Integer[] boxed(int... values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }

  @Test
  void theConfigsAgreeWithTheModelFile() throws Exception {
    SentenceTransformersFolder.write(gguf, tokenizer, model);

    JsonNode config = json("config.json");
    assertThat(config.get("hidden_size").intValue()).isEqualTo(WIDTH);
    assertThat(config.get("num_hidden_layers").intValue()).isEqualTo(LAYERS);
    assertThat(config.get("num_attention_heads").intValue()).isEqualTo(1);
    assertThat(config.get("intermediate_size").intValue()).isEqualTo(4 * WIDTH);
    assertThat(config.get("vocab_size").intValue()).isEqualTo(7);
    assertThat(config.get("max_position_embeddings").intValue()).isEqualTo(512);
    assertThat(json("1_Pooling/config.json").get("pooling_mode_mean_tokens").booleanValue())
        .isTrue();
    assertThat(json("1_Pooling/config.json").get("pooling_mode_cls_token").booleanValue())
        .isFalse();
    assertThat(json("modules.json")).hasSize(3);
    assertThat(json("tokenizer.json").get("version").textValue()).isEqualTo("1.0");
  }

  @Test
  void anotherArchitectureIsRefused() throws Exception {
    Path other = folder.resolve("other.gguf");
    new GgufWriter().put("general.architecture", GgufValue.string("qwen3")).writeTo(other);

    assertThatThrownBy(() -> SentenceTransformersFolder.write(other, tokenizer, model))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("qwen3")
        .hasMessageContaining(other.toString());
  }
}
