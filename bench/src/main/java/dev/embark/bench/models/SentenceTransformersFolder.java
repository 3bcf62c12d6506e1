package dev.embark.bench.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A BERT out of its GGUF file as a folder that sentence-transformers loads: the same weights bit
 * for bit, under Hugging Face's names, in the layout of <a
 * href="https://github.com/huggingface/safetensors">safetensors</a>: the length of a header in
 * eight bytes, the header in JSON, the tensors.
 */
public final class SentenceTransformersFolder {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String BERT = "bert";
  private static final int POOLING_MEAN = 1;
  private static final int POOLING_CLS = 2;

  /** Names of the modules outside and inside the layers, in GGUF and in Hugging Face. */
  private static final Map<String, String> OUTSIDE =
      Map.of(
          "token_embd", "embeddings.word_embeddings",
          "position_embd", "embeddings.position_embeddings",
          "token_types", "embeddings.token_type_embeddings",
          "token_embd_norm", "embeddings.LayerNorm");

  private static final Map<String, String> IN_LAYER =
      Map.of(
          "attn_q", "attention.self.query",
          "attn_k", "attention.self.key",
          "attn_v", "attention.self.value",
          "attn_output", "attention.output.dense",
          "attn_output_norm", "attention.output.LayerNorm",
          "ffn_up", "intermediate.dense",
          "ffn_down", "output.dense",
          "layer_output_norm", "output.LayerNorm");

  private final GgufHeader header;
  private final Path folder;

  private SentenceTransformersFolder(GgufHeader header, Path folder) {
    this.header = header;
    this.folder = folder;
  }

  /**
   * Writes the folder.
   *
   * @param gguf of the architecture {@code bert}, with weights in F32, F16 or BF16
   * @param tokenizer the model's {@code tokenizer.json}
   * @throws IOException also when the model is another one
   */
  public static void write(Path gguf, Path tokenizer, Path folder) throws IOException {
    GgufHeader header = GgufHeader.read(gguf);
    String architecture = header.get("general.architecture").orElseThrow().asString();
    if (!architecture.equals(BERT)) {
      throw new IOException(gguf + " is " + architecture + ", and only bert can be written");
    }
    SentenceTransformersFolder writer = new SentenceTransformersFolder(header, folder);
    Files.createDirectories(folder);
    writer.weights(gguf);
    writer.configs();
    Files.copy(tokenizer, folder.resolve("tokenizer.json"));
  }

  private void weights(Path gguf) throws IOException {
    ObjectNode index = MAPPER.createObjectNode();
    index.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (GgufTensor tensor : header.tensors()) {
      ObjectNode entry = index.putObject(nameOf(tensor.name()));
      entry.put("dtype", typeOf(tensor.type()));
      // GGUF has the fastest-moving dimension first.
      List<Long> shape = new ArrayList<>(tensor.shape());
      Collections.reverse(shape);
      shape.forEach(entry.withArray("shape")::add);
      entry.withArray("data_offsets").add(offset).add(offset + tensor.bytes());
      offset += tensor.bytes();
    }
    byte[] json = MAPPER.writeValueAsBytes(index);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    length.putLong(0, json.length);
    try (FileChannel from = FileChannel.open(gguf);
        FileChannel to =
            FileChannel.open(
                folder.resolve("model.safetensors"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE)) {
      to.write(length);
      to.write(ByteBuffer.wrap(json));
      for (GgufTensor tensor : header.tensors()) {
        copy(from, tensor, to);
      }
    }
  }

  private static void copy(FileChannel from, GgufTensor tensor, FileChannel to) throws IOException {
    long copied = 0;
    while (copied < tensor.bytes()) {
      copied += from.transferTo(tensor.offset() + copied, tensor.bytes() - copied, to);
    }
  }

  private static String nameOf(String name) throws IOException {
    String[] parts = name.split("\\.");
    String module =
        parts[0].equals("blk") && parts.length == 4
            ? IN_LAYER.get(parts[2])
            : OUTSIDE.get(parts[0]);
    if (module == null) {
      throw new IOException("BERT has no tensor " + name);
    }
    String path = parts.length == 4 ? "encoder.layer." + parts[1] + "." + module : module;
    return path + "." + parts[parts.length - 1];
  }

  private static String typeOf(GgufTensorType type) throws IOException {
    return switch (type) {
      case F32, F16, BF16 -> type.name();
      default -> throw new IOException("weights of " + type + " are not floats");
    };
  }

  private void configs() throws IOException {
    long width = number("embedding_length");
    long context = number("context_length");
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of("BertModel"));
    config.put("model_type", BERT);
    config.put("hidden_act", "gelu");
    config.put("hidden_size", width);
    config.put("num_hidden_layers", number("block_count"));
    config.put("num_attention_heads", number("attention.head_count"));
    config.put("intermediate_size", number("feed_forward_length"));
    config.put("max_position_embeddings", context);
    config.put("type_vocab_size", rows("token_types.weight"));
    config.put("vocab_size", rows("token_embd.weight"));
    config.put(
        "layer_norm_eps", header.get("bert.attention.layer_norm_epsilon").orElseThrow().asDouble());
    config.put(
        "pad_token_id", header.get("tokenizer.ggml.padding_token_id").orElseThrow().asLong());
    json("config.json", config);
    json(
        "tokenizer_config.json",
        Map.of(
            "tokenizer_class", "BertTokenizer",
            "model_max_length", context,
            "cls_token", "[CLS]",
            "sep_token", "[SEP]",
            "pad_token", "[PAD]",
            "unk_token", "[UNK]",
            "mask_token", "[MASK]"));
    json("sentence_bert_config.json", Map.of("max_seq_length", context, "do_lower_case", false));
    json(
        "modules.json",
        List.of(
            module(0, "", "Transformer"),
            module(1, "1_Pooling", "Pooling"),
            module(2, "2_Normalize", "Normalize")));
    long pooling = number("pooling_type");
    json(
        "1_Pooling/config.json",
        Map.of(
            "word_embedding_dimension", width,
            "pooling_mode_cls_token", pooling == POOLING_CLS,
            "pooling_mode_mean_tokens", pooling == POOLING_MEAN));
    Files.createDirectories(folder.resolve("2_Normalize"));
  }

  private static Map<String, Object> module(int index, String path, String type) {
    return Map.of(
        "idx",
        index,
        "name",
        Integer.toString(index),
        "path",
        path,
        "type",
        "sentence_transformers.models." + type);
  }

  private long number(String key) {
    return header.get(BERT + "." + key).orElseThrow().asLong();
  }

  private long rows(String tensor) {
    return header.tensor(tensor).orElseThrow().shape().get(1);
  }

  private void json(String name, Object content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(content),
        StandardCharsets.UTF_8);
  }
}
