package dev.embark.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.Embedded;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that are converted, and folders that are refused with what to do. */
class ModelImportTest {
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  // Of "the dogs run.", from src/test/python/tiny_folder.py with the ids 2 9 5 8 7 10 3.
  private static final float[] OF_PYTORCH = {
    -0.089190f, -0.303882f, -0.056259f, -0.159719f, -0.203166f, 0.037390f, -0.099094f, -0.096103f,
    -0.084559f, 0.315597f, 0.288754f, 0.317851f, 0.003007f, 0.077592f, 0.344210f, 0.209943f,
    -0.202174f, 0.224107f, 0.182839f, -0.257966f, -0.121533f, -0.148464f, 0.049374f, -0.003865f,
    0.021207f, -0.013758f, -0.125938f, -0.113766f, -0.090869f, 0.043376f, 0.282104f, -0.006900f
  };

  @TempDir private Path dir;
  private TinyFolder folder;

  @BeforeEach
  void write() throws IOException {
    folder = TinyFolder.bert(Files.createDirectory(dir.resolve("tiny")));
  }

  private Path convert(ImportType type) throws IOException {
    Path target = dir.resolve("out-" + type + ".gguf");
    ModelImport.convert(folder.root(), "tiny", type, target);
    return target;
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> convert(ImportType.F16))
        .isInstanceOf(ImportException.class)
        .message()
        .contains(parts)
        .doesNotEndWith(".");
  }

  private static Object value(GgufHeader header, String key) {
    return header.get(key).map(GgufValue::value).orElse(null);
  }

  @Test
  void whatTheFolderSaysIsInTheFile() throws IOException {
    GgufHeader header = GgufHeader.read(convert(ImportType.F16));

    assertThat(value(header, "general.architecture")).isEqualTo("bert");
    assertThat(value(header, "general.name")).isEqualTo("tiny");
    assertThat(value(header, "general.license")).isEqualTo("mit");
    assertThat(value(header, "bert.pooling_type")).isEqualTo(1L);
    assertThat(value(header, "bert.context_length")).isEqualTo((long) TinyFolder.LONGEST);
    assertThat(value(header, "embark.prompt.query")).isEqualTo("query: ");
    assertThat(value(header, "embark.prompt.document")).isEqualTo("passage: ");
    assertThat(value(header, "embark.prefix")).isNull();
    assertThat(value(header, "embark.source.sha256")).asString().matches("[0-9a-f]{64}");
    assertThat(value(header, "tokenizer.ggml.tokens"))
        .isEqualTo(
            List.of(
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁dog", "▁cat", "▁run", "s", "▁the",
                "▁."));
    assertThat(header.tensor("position_embd.weight").orElseThrow().shape())
        .containsExactly((long) TinyFolder.WIDTH, (long) TinyFolder.LONGEST);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "license: apache-2.0|apache-2.0|none|none",
        "license: \"cc-by-nc-4.0\"  |cc-by-nc-4.0|none|none",
        "license:\\n- mit|mit|none|none",
        "license: other\\nlicense_name: tongyi-qianwen\\nlicense_link: https://x.example/LICENSE#a"
            + "|other|tongyi-qianwen|https://x.example/LICENSE#a",
        "license_name: 'Gemma terms of use'\\nlicense: gemma|gemma|Gemma terms of use|none",
        "licenses: mit\\nlicense_id: x|none|none|none",
        "license:|none|none|none",
        "title: x\\n---\\nlicense: mit|none|none|none"
      })
  void theLicenceOfTheReadmeIsInTheFile(String lines, String license, String name, String link)
      throws IOException {
    folder.file("README.md", "---\n" + lines.replace("\\n", "\n") + "\n---\nlicense: gpl\n");
    GgufHeader header = GgufHeader.read(convert(ImportType.F16));
    assertThat(value(header, "general.license")).isEqualTo(license);
    assertThat(value(header, "general.license.name")).isEqualTo(name);
    assertThat(value(header, "general.license.link")).isEqualTo(link);
  }

  @ParameterizedTest
  @EnumSource(ImportType.class)
  void vectorsAreThoseOfPyTorch(ImportType type) throws IOException {
    try (BufferAllocator allocator = new RootAllocator();
        LlamaModel model = ModelLoader.load(convert(type), ModelOptions.cpu());
        EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults())) {
      float[] vector = Embedded.of(engine, allocator, "the dogs run.").vector(0);

      assertThat(vector).hasSize(TinyFolder.WIDTH);
      double rounding =
          switch (type) {
            case F32 -> 1e-6;
            case F16 -> 1e-5;
            case BF16 -> 1e-4;
            case Q8_0 -> 1e-3;
          };
      assertThat(Embedded.distance(vector, OF_PYTORCH)).isCloseTo(0, within(rounding));
    }
  }

  @Test
  void aValueBeyondF16MakesItsMatrixBf16AndLeavesTheOthers() throws IOException {
    folder.tensors.get("encoder.layer.1.output.dense.weight").values()[7] = 70_000;
    folder.weights(WEIGHTS, folder.tensors.keySet().stream().toList());

    Path file = convert(ImportType.F16);
    GgufHeader header = GgufHeader.read(file);
    assertThat(header.tensor("blk.1.ffn_down.weight").orElseThrow().type())
        .isEqualTo(GgufTensorType.BF16);
    assertThat(header.tensor("blk.0.ffn_down.weight").orElseThrow().type())
        .isEqualTo(GgufTensorType.F16);
    assertThat(header.tensor("blk.1.ffn_down.bias").orElseThrow().type())
        .isEqualTo(GgufTensorType.F32);
    // The bytes are those of BF16 from the first value on: 70,000 is 0x4788B800 in F32.
    byte[] bytes = Files.readAllBytes(file);
    long offset = header.tensor("blk.1.ffn_down.weight").orElseThrow().offset();
    short bits = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort((int) offset + 14);
    assertThat(bits).isEqualTo((short) 0x4789);
  }

  @Test
  void aCrossEncoderBecomesAReranker() throws IOException {
    folder = TinyFolder.reranker(Files.createDirectory(dir.resolve("reranker")));
    folder.replace(
        "config.json",
        "'id2label'",
        "'sbert_ce_default_activation_function': 'torch.nn.modules.linear.Identity', 'id2label'");
    GgufHeader header = GgufHeader.read(convert(ImportType.F16));
    int tokens = 11;
    assertThat(value(header, "bert.pooling_type")).isEqualTo(4L);
    assertThat(value(header, "bert.classifier.output_labels")).isEqualTo(List.of("LABEL_0"));
    assertThat(value(header, "embark.pair.separators")).isEqualTo(1L);
    assertThat(value(header, "embark.pair.offset")).isEqualTo((long) tokens);
    assertThat(value(header, "embark.score.activation")).isEqualTo("none");
    assertThat(header.tensor("token_embd.weight").orElseThrow().shape())
        .containsExactly((long) TinyFolder.WIDTH, 2L * tokens);
    assertThat(header.tensor("cls.output.weight").orElseThrow().type())
        .isEqualTo(GgufTensorType.F32);

    // Without token types in the model's input, all tokens have the first one.
    for (String inputs :
        List.of(
            "{'model_input_names': ['input_ids', 'attention_mask']}",
            "{'tokenizer_class': 'TokenizersBackend'}")) {
      folder.file("tokenizer_config.json", inputs);
      header = GgufHeader.read(convert(ImportType.F16));
      assertThat(value(header, "embark.pair.offset")).isNull();
      assertThat(header.tensor("token_embd.weight").orElseThrow().shape())
          .containsExactly((long) TinyFolder.WIDTH, (long) tokens);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "config.json|{'0': 'LABEL_0'}|{'0': 'no', '1': 'yes'}|its head has 2 labels (no, yes)",
        "config.json|'id2label'|'sentence_transformers': {'activation_fn': 'torch.nn.Tanh'},"
            + " 'id2label'|its score goes through Tanh",
        "config.json|'id2label'|'auto_map': {'AutoModelForSequenceClassification': 'x.Y'},"
            + " 'id2label'|Python code of its own (x.Y)",
        "tokenizer.json|'pair'|'par'|writes a pair of texts in a way that Embark does not know",
        "tokenizer.json|{'id': 'B', 'type_id': 1}|{'id': 'B', 'type_id': 2}|writes a pair of texts",
        "tokenizer.json|{'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 0}},"
            + "|{'id': 'A', 'type_id': 0}},|writes a pair of texts"
      })
  void aHeadThatGivesNoScoreIsRefused(String file, String old, String by, String sentence)
      throws IOException {
    folder = TinyFolder.reranker(Files.createDirectory(dir.resolve("reranker")));
    folder.replace(file, old, by);
    assertRefused(sentence);
  }

  @Test
  void aRerankerThatPoolsIsRefused() throws IOException {
    folder = TinyFolder.reranker(Files.createDirectory(dir.resolve("reranker")));
    folder
        .file(
            "modules.json",
            "[{'path': '1_Pooling', 'type': 'sentence_transformers.models.Pooling'}]")
        .file("1_Pooling/config.json", "{'pooling_mode_mean_tokens': true}");
    assertRefused("describes a reranker, but it has the pooling");
  }

  @Test
  void equalFilesGiveEqualBytes() throws IOException {
    byte[] first = Files.readAllBytes(convert(ImportType.F16));
    assertThat(convert(ImportType.F16)).hasBinaryContent(first);
  }

  @Test
  void weightsInPartsGiveTheSameTensors() throws IOException {
    byte[] whole = Files.readAllBytes(convert(ImportType.F32));
    shard("part-1.safetensors", "part-2.safetensors");

    byte[] parts = Files.readAllBytes(convert(ImportType.F32));
    long data = GgufHeader.read(dir.resolve("out-f32.gguf")).dataOffset();
    assertThat(ByteBuffer.wrap(parts).position((int) data))
        .isEqualTo(ByteBuffer.wrap(whole).position((int) data));
  }

  private void shard(String first, String second) throws IOException {
    List<String> names = folder.tensors.keySet().stream().toList();
    folder.remove(WEIGHTS);
    folder.weights("part-1.safetensors", names.subList(0, 9));
    folder.weights("part-2.safetensors", names.subList(9, names.size()));
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      map.append(i == 0 ? "" : ", ")
          .append("'%s': '%s'".formatted(names.get(i), i < 9 ? first : second));
    }
    folder.file(INDEX, "{'weight_map': {" + map + "}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../part-2.safetensors", "/etc/passwd", "a\\\\b.safetensors", "part-2.bin"})
  void aPartOutsideTheFolderIsRefused(String part) throws IOException {
    shard("part-1.safetensors", part);
    assertRefused(INDEX, "names the part");
  }

  @Test
  void aMissingPartIsNamed() throws IOException {
    shard("part-1.safetensors", "part-3.safetensors");
    assertRefused("the folder lacks part-3.safetensors");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{'a'                                                          | is not a whole JSON file",
        "[]                                                             | have no tensor",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 16]}}  | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [8, 0]}}   | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [3], 'data_offsets': [0, 8]}}   | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [-2], 'data_offsets': [0, 8]}}  | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'data_offsets': [0, 8]}}                 | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [4611686018427387904, 4], 'data_offsets': [0, 0]}}"
            + "| no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [-8, 0]}}  | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0.5, 8]}} | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': ['0', 8]}} | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8, 16]}} | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 18446744073709551624]}}"
            + "| no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': 2, 'data_offsets': [0, 8]}}     | no whole tensor 'a'",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]},"
            + "'b': {'dtype': 'F32', 'shape': [1], 'data_offsets': [4, 8]}} | 'a' and 'b' overlap",
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]},"
            + "'b': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}} | 'a' and 'b' overlap",
        "{'a': 1, 'a': 2}                                               | is not a whole JSON file"
      })
  void damagedHeadersAreRefused(String header, String sentence) throws IOException {
    folder.safetensors(WEIGHTS, header.replace('\'', '"'), new byte[8]);
    assertRefused(sentence);
  }

  /** The cache of the Hub's own tools holds links to files elsewhere. */
  @Test
  void linksAreFollowed() throws IOException {
    byte[] expected = Files.readAllBytes(convert(ImportType.F32));
    for (String file : List.of(WEIGHTS, "config.json", "1_Pooling/config.json")) {
      Path blob = dir.resolve("blob-" + file.replace('/', '-'));
      Files.move(folder.path(file), blob);
      Files.createSymbolicLink(folder.path(file), blob);
    }
    assertThat(convert(ImportType.F32)).hasBinaryContent(expected);

    Files.delete(folder.path(WEIGHTS));
    Files.createSymbolicLink(folder.path(WEIGHTS), Path.of("/dev/zero"));
    assertRefused("the folder has no " + WEIGHTS);
    Files.delete(folder.path(WEIGHTS));
    Files.createSymbolicLink(folder.path(WEIGHTS), dir.resolve("gone"));
    assertRefused("the folder has no " + WEIGHTS);
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    folder.safetensors(WEIGHTS, "{\"a\":" + "[".repeat(100_000), new byte[8]);
    assertRefused("is not a whole JSON file");
    folder.file("config.json", "{'a':" + "[".repeat(100_000));
    assertRefused("config.json is not a whole JSON file");
  }

  @Test
  void aFileThatIsNoneIsNotRead() throws IOException {
    folder.remove(WEIGHTS);
    Files.createDirectory(folder.path(WEIGHTS));
    assertRefused("the folder has no " + WEIGHTS);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 1 << 20, 200_000_000, Long.MAX_VALUE})
  void aHeaderLongerThanItsFileIsRefused(long length) throws IOException {
    ByteBuffer file = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    Files.write(folder.path(WEIGHTS), file.array());
    assertRefused(WEIGHTS, "is not a whole safetensors file");
  }

  @Test
  void aPointerOfGitLfsIsRecognised() throws IOException {
    folder.file(WEIGHTS, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    assertRefused("Git LFS pointer", "git lfs pull");
  }

  @Test
  void pickledWeightsAreNotRead() throws IOException {
    folder.remove(WEIGHTS).file("pytorch_model.bin", "cos\nsystem");
    assertRefused("pytorch_model.bin", "Python pickle", "save_pretrained");
    assertThatThrownBy(() -> FolderFiles.needed(List.of("config.json", "pytorch_model-1-of-2.bin")))
        .hasMessageContaining("pytorch_model-1-of-2.bin")
        .hasMessageContaining("can run code");
  }

  @ParameterizedTest
  @CsvSource({"config.json, no config.json", "tokenizer.json, no tokenizer.json"})
  void missingFilesAreNamed(String file, String sentence) throws IOException {
    folder.remove(file);
    assertRefused(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'model_type': 'bert'|'model_type': 'mpnet'|its architecture is mpnet, which adds relative",
        "'model_type': 'bert'|'model_type': 'new'|its architecture is new, and Embark does not",
        "'BertModel'], 'model_type': 'bert'|'LlamaForSequenceClassification'], 'model_type': 'llama'|its architecture is llama, and llama.cpp has no head for a LlamaForSequenceClassification; use a reranker based",
        "'model_type': 'bert',||its architecture is not named in config.json",
        "'BertModel'|'BertForTokenClassification'|classifies tokens and has no vector for a text",
        "'BertModel'|'BertForSequenceClassification'|its head has 2 labels (LABEL_0, LABEL_1)",
        "'hidden_act': 'gelu'|'hidden_act': 'relu'|its hidden_act is relu",
        "'hidden_act': 'gelu'|'position_embedding_type': 'relative_key'|position_embedding_type",
        "'hidden_act': 'gelu'|'auto_map': {'AutoModel': 'x.Y'}|Python code of its own (x.Y)",
        "'hidden_size': 32|'hidden_size': 16|the shape",
        "'hidden_size': 32|'hidden_size': -1|the hidden_size -1",
        "'hidden_size': 32,||no hidden_size",
        "'num_hidden_layers': 2|'num_hidden_layers': 3|no tensor 'encoder.layer.2.",
        "'num_hidden_layers': 2|'num_hidden_layers': 1|have the tensor 'encoder.layer.1.",
        "'max_position_embeddings': 24|'max_position_embeddings': 1000000|the shape"
      })
  void whatConfigJsonSaysIsChecked(String old, String by, String sentence) throws IOException {
    if (sentence.equals("the shape")) {
      folder.file("sentence_bert_config.json", "{}");
    }
    folder.replace("config.json", old, by == null ? "" : by);
    assertThatThrownBy(() -> convert(ImportType.F16))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining(sentence.equals("the shape") ? "not of the same model" : sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "modules.json|'path': '1_Pooling'|'path': '../x'|'../x', which is no module",
        "modules.json|models.Normalize|models.LayerNorm|module"
            + " sentence_transformers.models.LayerNorm",
        "modules.json|sentence_transformers.models.Transformer|custom_st.Transformer|custom_st",
        "modules.json|'path': '2_Normalize', 'type': 'sentence_transformers.models.Normalize'"
            + "|'path': '2_Dense', 'type': 'sentence_transformers.models.Dense'|dense layer",
        "1_Pooling/config.json|mean_tokens|max_tokens|its pooling is pooling_mode_max_tokens",
        "1_Pooling/config.json|true|true, 'pooling_mode_cls_token': true|a combination",
        "1_Pooling/config.json|true|true, 'include_prompt': false|leaves out the prompt",
        "tokenizer.json|'continuing_subword_prefix': '##'|'continuing_subword_prefix': '@@'|model",
        "tokenizer.json|'clean_text': true|'clean_text': false|normalizer BertNormalizer",
        "tokenizer.json|BertPreTokenizer|Whitespace|pre_tokenizer Whitespace",
        "tokenizer.json|'WordPiece'|'WordLevel'|model WordLevel",
        "tokenizer.json|'the': 9|'the': 99|token id 99",
        "tokenizer.json|{'SpecialToken': {'id': '[CLS]', 'type_id': 0}},||post_processor"
      })
  void whatCannotBeRepresentedIsRefusedByName(String file, String old, String by, String sentence)
      throws IOException {
    folder.file("2_Dense/config.json", "{'in_features': 32, 'out_features': 8}");
    folder.replace(file, old, by == null ? "" : by);
    assertRefused(sentence);
  }

  @Test
  void anAdapterIsRefused() throws IOException {
    folder.add("encoder.layer.0.attention.self.query.lora_A", 4, TinyFolder.WIDTH);
    folder.weights(WEIGHTS, folder.tensors.keySet().stream().toList());
    assertRefused("lora_A", "not part of the architecture");
  }

  @Test
  void namesOfTensorFlowAndOfAModelWithAHeadAreKnown() throws IOException {
    Object expected = Files.readAllBytes(convert(ImportType.F32));
    for (String name : List.copyOf(folder.tensors.keySet())) {
      String other =
          "bert."
              + (name.contains("LayerNorm")
                  ? name.replace(".weight", ".gamma").replace(".bias", ".beta")
                  : name);
      folder.tensors.put(other, folder.tensors.remove(name));
    }
    folder.weights(WEIGHTS, folder.tensors.keySet().stream().toList());
    GgufHeader renamed = GgufHeader.read(convert(ImportType.F32));
    byte[] bytes = Files.readAllBytes(dir.resolve("out-f32.gguf"));
    assertThat(ByteBuffer.wrap(bytes).position((int) renamed.dataOffset()))
        .isEqualTo(ByteBuffer.wrap((byte[]) expected).position((int) renamed.dataOffset()));
  }

  @Test
  void aVocabularyOfLinesIsThatOfTheTokenizerFile() throws IOException {
    GgufHeader json = GgufHeader.read(convert(ImportType.F16));
    folder.remove("tokenizer.json");
    Files.writeString(
        folder.path("vocab.txt"),
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ndog\ncat\nrun\n##s\nthe\n.\n");
    GgufHeader lines = GgufHeader.read(convert(ImportType.F16));

    assertThat(lines.metadata()).isEqualTo(json.metadata());
  }

  @Test
  void aFolderWithoutModulesNamesNoPooling() throws IOException {
    folder.remove("modules.json");
    GgufHeader header = GgufHeader.read(convert(ImportType.F16));

    assertThat(value(header, "bert.pooling_type")).isNull();
    assertThat(value(header, "bert.context_length")).isEqualTo((long) TinyFolder.LONGEST);
  }

  @Test
  void vectorsThatTheFolderDoesNotScaleAreNotScaled() throws IOException {
    Path scaled = convert(ImportType.F32);
    folder.replace(
        "modules.json",
        """
        ,
         {'idx': 2, 'path': '2_Normalize', 'type': 'sentence_transformers.models.Normalize'}\
        """,
        "");
    Path plain = dir.resolve("plain.gguf");
    ModelImport.convert(folder.root(), "tiny", ImportType.F32, plain);

    assertThat(length(scaled, Map.of())).isCloseTo(1, within(1e-5));
    assertThat(length(plain, Map.of())).isGreaterThan(1.5);
    assertThat(length(plain, Map.of("normalize", "l2"))).isCloseTo(1, within(1e-5));
  }

  private static double length(Path file, Map<String, String> options) {
    try (BufferAllocator allocator = new RootAllocator();
        LlamaModel model = ModelLoader.load(file, ModelOptions.cpu());
        EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.of(options))) {
      double sum = 0;
      for (float value : Embedded.of(engine, allocator, "the dogs run.").vector(0)) {
        sum += value * value;
      }
      return Math.sqrt(sum);
    }
  }

  @Test
  void theDefaultPromptIsThePrefixOfEveryText() throws IOException {
    folder.replace(
        "config_sentence_transformers.json",
        "'default_prompt_name': null",
        "'default_prompt_name': 'query'");
    assertThat(value(GgufHeader.read(convert(ImportType.F16)), "embark.prefix"))
        .isEqualTo("query: ");
  }
}
