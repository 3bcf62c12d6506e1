package dev.embark.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.TinyKind;
import dev.embark.engine.TinyModel;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCheckTest {
  private static final Path PATH = Path.of("some.gguf");

  @TempDir static Path dir;
  private static GgufHeader bert;
  private static GgufHeader qwen3;
  private static GgufHeader gemma;
  private static GgufHeader modernBert;

  @BeforeAll
  static void write() throws IOException {
    bert = GgufHeader.read(TinyModel.wordPiece(dir));
    qwen3 = GgufHeader.read(TinyKind.QWEN3_LAST.write(dir));
    gemma = GgufHeader.read(TinyKind.GEMMA_EMBEDDING.write(dir));
    modernBert = GgufHeader.read(TinyKind.MODERN_BERT.write(dir));
  }

  @ParameterizedTest
  @EnumSource(TinyKind.class)
  void soundModelsPass(TinyKind kind) throws IOException {
    GgufHeader header = GgufHeader.read(kind.write(dir));
    assertThatCode(() -> ModelCheck.check(PATH, header)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "block_count, 0",
    "block_count, 513",
    "block_count, 4294967295",
    "context_length, 0",
    "context_length, 4294967295",
    "embedding_length, 0",
    "embedding_length, 4294967295",
    "attention.head_count, 0",
    "attention.head_count, 4294967295",
    "attention.head_count_kv, 0",
    "attention.head_count_kv, 3",
    "attention.head_count_kv, 8",
    "attention.key_length, 0",
    "attention.key_length, 8",
    "attention.value_length, 8",
    "rope.dimension_count, 8",
    "rope.dimension_count, 17",
    "pooling_type, 5",
    "pooling_type, 4294967295",
    "nextn_predict_layers, 3",
    "expert_count, 1025",
    "expert_count, 2",
    "expert_used_count, 1",
    "expert_group_count, 1",
    "attention.sliding_window, 4294967295"
  })
  void anAbsurdNumberIsRefusedByItsKeyAndValue(String key, long value) {
    refused(
        with(qwen3, "qwen3." + key, GgufValue.uint32(value)),
        "the qwen3." + key.substring(0, key.indexOf('_')));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"block_count", "context_length", "embedding_length", "attention.head_count"})
  void anAbsentNumberIsRefusedByItsKey(String key) {
    refused(without(qwen3, "qwen3." + key), "has no qwen3." + key);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, -1e-6f, Float.POSITIVE_INFINITY})
  void anEpsilonThatIsNoPositiveNumberIsRefused(float value) {
    String key = "qwen3.attention.layer_norm_rms_epsilon";
    refused(with(qwen3, key, GgufValue.float32(value)), key + " " + value);
  }

  @Test
  void headsOfASingleLayerAreCheckedToo() {
    refused(with(qwen3, "qwen3.attention.head_count", each(4, 1 << 18)), "head_count 262144");
    refused(
        with(qwen3, "qwen3.attention.head_count_kv", each(2, 3)),
        "head_count_kv 3, which does not divide its 4 heads");
  }

  @ParameterizedTest
  @ValueSource(strings = {"head_count", "head_count_kv"})
  void aHybridIsCalledWhatItIsAndNotDamaged(String key) {
    for (GgufValue heads : List.of(each(4, 0), each(0, 4))) {
      GgufHeader hybrid = with(qwen3, "qwen3.attention." + key, heads);
      assertThatThrownBy(() -> ModelCheck.check(PATH, hybrid))
          .hasMessageContaining("is a hybrid of the architecture 'qwen3'")
          .hasMessageContaining("attention." + key + " is 0 for layer")
          .hasMessageContaining("use another model")
          .hasMessageNotContaining("damaged");
    }
  }

  @Test
  void convolutionsNeedWhatLlamaCppAssertsOn() throws IOException {
    GgufHeader lfm2 = GgufHeader.read(TinyKind.LFM2.write(dir));
    String heads = "lfm2.attention.head_count_kv";
    for (GgufValue absent : List.of(each(2, 2), each(0, 0), each(0, 2, 2), GgufValue.uint32(2))) {
      refused(with(lfm2, heads, absent), "which of its layers have attention");
    }
    refused(with(lfm2, heads, each(0, 3)), "head_count_kv 3, which does not divide");
    refused(without(lfm2, heads), "which of its layers have attention");
    refused(without(lfm2, "lfm2.shortconv.l_cache"), "has no lfm2.shortconv.l_cache");
    for (long n : List.of(0L, 1L, 65L, 4294967295L)) {
      refused(with(lfm2, "lfm2.shortconv.l_cache", GgufValue.uint32(n)), "shortconv.l_cache " + n);
    }
  }

  @Test
  void anyPartOfASplitModelSaysHowToMergeIt() throws IOException {
    for (int part = 0; part < 3; part++) {
      // As llama-gguf-split writes them: only the first has the metadata of the model.
      GgufWriter gguf =
          new GgufWriter()
              .put("split.no", GgufValue.of(GgufValueType.UINT16, (long) part))
              .put("split.count", GgufValue.of(GgufValueType.UINT16, 3L))
              .put("split.tensors.count", GgufValue.of(GgufValueType.INT32, 9L));
      if (part == 0) {
        bert.metadata().forEach(gguf::put);
      }
      TinyModel.matrix(gguf, new Random(part), "blk." + part + ".attn_q.weight", 32, 32);
      Path file = dir.resolve("big-0000" + (part + 1) + "-of-00003.gguf");
      gguf.writeTo(file);

      assertThatThrownBy(() -> ModelLoader.load(file, ModelOptions.cpu()))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
          .hasMessageStartingWith("The model " + file + " is part " + (part + 1) + " of 3 of a")
          .hasMessageContaining(
              "'llama-gguf-split --merge big-00001-of-00003.gguf big.gguf' of llama.cpp")
          .hasMessageNotContaining("damaged");
    }
  }

  private static GgufValue each(Integer... heads) {
    return GgufValue.array(GgufValueType.INT32, List.of(heads));
  }

  @ParameterizedTest
  @CsvSource({"3, 10", "7, 4", "31, 1"})
  void headsThatDoNotFillTheEmbeddingOfAnEncoderAreRefused(long heads, long size) {
    refused(
        with(modernBert, "modern-bert.attention.head_count", GgufValue.uint32(heads)),
        heads + " heads of " + size + ", which do not fill its embedding of 32");
    GgufHeader narrow =
        with(
            with(bert, "bert.attention.key_length", GgufValue.uint32(8)),
            "bert.attention.value_length",
            GgufValue.uint32(8));
    refused(narrow, "2 heads of 8, which do not fill its embedding of 32");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 3, 4294967295L})
  void layersThatAreAllOfOneKindAreRefusedWhereBothAreNeeded(long pattern) {
    String key = "gemma-embedding.attention.sliding_window_pattern";
    refused(with(gemma, key, GgufValue.uint32(pattern)), key + " " + pattern);
    refused(without(gemma, key), key + " 6");
    refused(
        with(gemma, key, GgufValue.array(GgufValueType.BOOL, List.of(true, true))),
        key + " of one kind");
    ModelCheck.check(
        PATH, with(gemma, key, GgufValue.array(GgufValueType.BOOL, List.of(true, false))));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void aWholeFirstLayerNeedsAWindowedOneAndNoneWithoutAWindow(long pattern) {
    String key = "modern-bert.attention.sliding_window_pattern";
    GgufHeader odd = with(modernBert, key, GgufValue.uint32(pattern));
    refused(odd, key + " " + pattern);
    ModelCheck.check(PATH, with(modernBert, key, GgufValue.uint32(100)));
    ModelCheck.check(PATH, without(modernBert, key));
    ModelCheck.check(PATH, without(odd, "modern-bert.attention.sliding_window"));
    ModelCheck.check(PATH, with(odd, "modern-bert.attention.sliding_window", GgufValue.uint32(0)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense_2_feat_in", "dense_3_feat_out"})
  void aDenseLayerThatDoesNotFitTheVectorsIsRefused(String key) {
    refused(
        with(gemma, "gemma-embedding." + key, GgufValue.uint32(33)),
        "the gemma-embedding." + key + " 33, not 32");
    ModelCheck.check(PATH, with(gemma, "gemma-embedding." + key, GgufValue.uint32(32)));
  }

  @Test
  void expertsThatFillNoGroupsAreRefused() {
    Map<String, GgufValue> more = new LinkedHashMap<>(qwen3.metadata());
    more.put("qwen3.expert_count", GgufValue.uint32(8));
    more.put("qwen3.expert_used_count", GgufValue.uint32(2));
    ModelCheck.check(PATH, changed(qwen3, more));
    more.put("qwen3.expert_group_count", GgufValue.uint32(3));
    more.put("qwen3.expert_group_used_count", GgufValue.uint32(2));
    refused(changed(qwen3, more), "8 experts that do not fill 3 groups");
  }

  @Test
  void anUnknownRopeScalingIsRefused() {
    refused(
        with(qwen3, "qwen3.rope.scaling.type", GgufValue.string("spiral")),
        "the unknown qwen3.rope.scaling.type 'spiral'");
  }

  @Test
  void aModelThatIsNotForTextsIsRefused() {
    refused(with(bert, "general.architecture", GgufValue.string("clip")), "'clip'");
    refused(without(bert, "general.architecture"), "general.architecture");
    refused(with(bert, "general.architecture", GgufValue.uint32(1)), "general.architecture");
  }

  @Test
  void aPartOfASplitModelIsRefused() {
    refused(
        with(bert, "split.count", GgufValue.of(GgufValueType.UINT16, 3L)),
        "one part of 3 of a split model, and Embark takes models of one file");
  }

  @ParameterizedTest
  @CsvSource({
    "tokenizer.ggml.bos_token_id, CLS",
    "tokenizer.ggml.seperator_token_id, SEP",
    "tokenizer.ggml.unknown_token_id, UNK"
  })
  void aWordPieceVocabularyWithoutItsSpecialTokensIsRefused(String key, String name) {
    int tokens = bert.get("tokenizer.ggml.tokens").orElseThrow().asList().size();
    String says = "has no " + name + " token for its texts: " + key + " is ";
    refused(with(bert, key, GgufValue.uint32(tokens)), says + tokens);
    // Absent, llama.cpp takes BERT's own ids, 100 to 102, which this vocabulary has not all.
    GgufHeader absent =
        with(
            without(bert, key),
            "tokenizer.ggml.tokens",
            GgufValue.array(
                GgufValueType.STRING,
                bert.get("tokenizer.ggml.tokens").orElseThrow().asList().subList(0, 60)));
    refused(absent, says + "unset");
  }

  @Test
  void aClosingTokenThatDoesNotExistIsRefusedOnlyWhereItIsAdded() {
    GgufHeader bad = with(qwen3, "tokenizer.ggml.eos_token_id", GgufValue.uint32(100000));
    refused(bad, "has no EOS token for its texts");
    ModelCheck.check(PATH, with(bad, "tokenizer.ggml.add_eos_token", GgufValue.bool(false)));
    refused(
        with(gemma, "tokenizer.ggml.bos_token_id", GgufValue.uint32(100000)),
        "has no BOS token for its texts");
  }

  @Test
  void aTokenThatIsThereTwiceIsRefused() {
    List<Object> tokens =
        new ArrayList<>(qwen3.get("tokenizer.ggml.tokens").orElseThrow().asList());
    tokens.set(9, tokens.get(3));
    refused(
        with(qwen3, "tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens)),
        "has the token 9 of its vocabulary twice");
    tokens.set(9, tokens.get(3) + "\0x");
    refused(
        with(qwen3, "tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens)),
        "has the token 9 of its vocabulary twice");
  }

  @Test
  void aByteInAWordPieceVocabularyIsRefused() {
    String key = "tokenizer.ggml.token_type";
    List<Object> types = new ArrayList<>(bert.get(key).orElseThrow().asList());
    types.set(9, 6L);
    refused(
        with(bert, key, GgufValue.array(GgufValueType.INT32, types)),
        "calls the token 9 of its vocabulary a byte, which WordPiece has not");
  }

  @Test
  void aModelWithoutAVocabularyIsRefused() {
    refused(without(bert, "tokenizer.ggml.tokens"), "has no tokenizer.ggml.tokens");
    refused(without(bert, "tokenizer.ggml.model"), "has no tokenizer.ggml.model");
    refused(
        with(bert, "tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, List.of())),
        "has no token in");
  }

  @Test
  void aTensorOfATypeThatNothingComputesWithIsRefused() {
    refused(retyped("blk.0.attn_q.weight", GgufTensorType.I32), "'blk.0.attn_q.weight' as I32");
    refused(retyped("blk.0.attn_q.bias", GgufTensorType.F16), "'blk.0.attn_q.bias' as F16");
    refused(retyped("token_types.weight", GgufTensorType.F16), "where F32 is needed");
    assertThatCode(
            () -> ModelCheck.check(PATH, retyped("blk.0.attn_q.weight", GgufTensorType.Q4_0)))
        .doesNotThrowAnyException();
  }

  @Test
  void loadingRefusesBeforeLlamaCppSeesTheFile() throws IOException {
    Path file =
        ChangedModel.with(
            TinyModel.wordPiece(dir),
            dir.resolve("layers.gguf"),
            "bert.block_count",
            GgufValue.uint32(0));
    assertThatThrownBy(() -> ModelLoader.load(file, ModelOptions.cpu()))
        .isInstanceOf(EmbarkException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("bert.block_count 0");
  }

  private static void refused(GgufHeader header, String says) {
    assertThatThrownBy(() -> ModelCheck.check(PATH, header))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
        .hasMessageStartingWith("The model some.gguf ")
        .hasMessageContaining(says);
  }

  private static GgufHeader with(GgufHeader header, String key, GgufValue value) {
    Map<String, GgufValue> more = new LinkedHashMap<>(header.metadata());
    more.put(key, value);
    return changed(header, more);
  }

  private static GgufHeader without(GgufHeader header, String key) {
    Map<String, GgufValue> fewer = new LinkedHashMap<>(header.metadata());
    assertThat(fewer.remove(key)).isNotNull();
    return changed(header, fewer);
  }

  private static GgufHeader changed(GgufHeader header, Map<String, GgufValue> metadata) {
    return new GgufHeader(header.version(), metadata, header.tensors(), header.dataOffset());
  }

  private static GgufHeader retyped(String name, GgufTensorType type) {
    List<GgufTensor> tensors = new ArrayList<>();
    for (GgufTensor t : bert.tensors()) {
      tensors.add(
          t.name().equals(name) ? new GgufTensor(name, type, t.shape(), t.offset(), t.bytes()) : t);
    }
    return new GgufHeader(bert.version(), bert.metadata(), tensors, bert.dataOffset());
  }
}
