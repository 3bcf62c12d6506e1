package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaContext;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Rejects models with an inconsistent header on which llama.cpp would abort the process: llama.cpp
 * checks shapes with exceptions, but hyper-parameters with assertions. Faults that llama.cpp
 * reports itself are left to it. Reads only the header; used for one check.
 *
 * <p>This check is why models are loaded in the process that uses them, without a trial in another
 * one: of the damaged files that tests loaded, none passes this check and aborts the process
 * (profile {@code fuzz}; docs/security.md has their number). Newly found cases belong here.
 */
final class ModelCheck {
  // Array lengths in llama-hparams.h of llama.cpp 0.5.0.
  private static final long MAX_LAYERS = 512;
  private static final long MAX_EXPERTS = 1024;
  private static final long MAX_DIMENSIONS = 1 << 17;
  private static final long MAX_CONTEXT = 1 << 26;
  private static final int MAX_POOLING = 4;

  private static final long MAX_CONVOLUTION = 64;

  // The supported hybrid: its layers without attention keep almost no state, and it pools.
  private static final String CONVOLUTIONS = "lfm2";
  private static final Set<String> NO_TEXT_EMBEDDING = Set.of("t5", "clip", "wavtokenizer-dec");
  private static final Set<String> WHOLE_HEAD_TURNS =
      Set.of("qwen2", "qwen2moe", "qwen3", "qwen3moe");
  // llama.cpp's defaults.
  private static final Map<String, Integer> WINDOW_PATTERNS =
      Map.of("gemma-embedding", 6, "modern-bert", 3);
  private static final Set<GgufTensorType> NOT_FOR_WEIGHTS =
      EnumSet.of(
          GgufTensorType.Q8_1,
          GgufTensorType.Q8_K,
          GgufTensorType.I8,
          GgufTensorType.I16,
          GgufTensorType.I32,
          GgufTensorType.I64,
          GgufTensorType.F64);

  private final Path path;
  private final GgufHeader header;
  private final String architecture;

  private ModelCheck(Path path, GgufHeader header) {
    this.path = path;
    this.header = header;
    this.architecture =
        header
            .get("general.architecture")
            .filter(value -> value.value() instanceof String)
            .map(GgufValue::asString)
            .orElseThrow(() -> refuse("names no general.architecture"));
  }

  /**
   * Checks a header.
   *
   * @param path for messages
   * @throws EmbarkException of kind MODEL that names the faulty key or tensor
   */
  static void check(Path path, GgufHeader header) {
    SplitModel.check(path, header);
    new ModelCheck(path, header).check();
    new VocabularyCheck(path, header).check();
  }

  private void check() {
    if (NO_TEXT_EMBEDDING.contains(architecture)) {
      throw refuse("is of the architecture '" + architecture + "', which embeds no text");
    }
    required("block_count", MAX_LAYERS);
    required("context_length", MAX_CONTEXT);
    required("embedding_length", MAX_DIMENSIONS);
    optional("embedding_length_out", 0, MAX_DIMENSIONS);
    optional("pooling_type", 0, MAX_POOLING);
    optional("nextn_predict_layers", 0, number(key("block_count")).orElse(0));
    heads();
    experts();
    windows();
    dense("dense_2_feat_in");
    dense("dense_3_feat_out");
    positive("attention.layer_norm_epsilon");
    positive("attention.layer_norm_rms_epsilon");
    positive("rope.freq_base");
    positive("rope.freq_base_swa");
    optional("attention.sliding_window", 0, MAX_CONTEXT);
    header
        .get(key("rope.scaling.type"))
        .filter(value -> value.value() instanceof String)
        .map(GgufValue::asString)
        .filter(type -> !Set.of("none", "linear", "yarn", "longrope").contains(type))
        .ifPresent(
            type -> {
              throw refuse("has the unknown " + key("rope.scaling.type") + " '" + type + "'");
            });
    header.tensors().forEach(this::tensor);
  }

  private void heads() {
    String key = key("attention.head_count");
    List<Long> heads = numbers(key);
    if (heads.isEmpty()) {
      throw refuse("has no " + key);
    }
    List<Long> keyHeads = numbers(key("attention.head_count_kv"));
    for (int i = 0; i < Math.max(heads.size(), keyHeads.size()); i++) {
      long n = heads.get(Math.min(i, heads.size() - 1));
      if (n == 0 && heads.size() > 1) {
        withoutAttention(key, i);
      } else {
        inRange(key, n, 1, MAX_DIMENSIONS);
        if (!keyHeads.isEmpty()) {
          keyHeads(n, keyHeads.get(Math.min(i, keyHeads.size() - 1)), i, keyHeads.size() > 1);
        }
      }
    }
    if (architecture.equals(CONVOLUTIONS)) {
      convolutions(keyHeads);
    }
    long embedding = number(key("embedding_length")).orElseThrow();
    long size = number(key("attention.key_length")).orElse(embedding / heads.get(0));
    long valueSize = number(key("attention.value_length")).orElse(embedding / heads.get(0));
    inRange(key("attention.key_length"), size, 1, MAX_DIMENSIONS);
    if (size != valueSize && number(key("attention.kv_lora_rank")).isEmpty()) {
      throw refuse(
          "has the %s %d and the %s %d, which must be the same"
              .formatted(
                  key("attention.key_length"), size, key("attention.value_length"), valueSize));
    }
    if (architecture.contains("bert") || architecture.equals(CONVOLUTIONS)) {
      fill(heads, size, embedding);
    }
    number(key("rope.dimension_count"))
        .ifPresent(
            n -> {
              inRange(key("rope.dimension_count"), n, 0, size);
              if (n % 2 != 0 || (WHOLE_HEAD_TURNS.contains(architecture) && n != size)) {
                throw refuse(
                    "has the " + key("rope.dimension_count") + " " + n + " in heads of " + size);
              }
            });
  }

  private void keyHeads(long heads, long shared, int layer, boolean each) {
    String key = key("attention.head_count_kv");
    if (shared == 0 && each) {
      if (!architecture.equals(CONVOLUTIONS)) {
        withoutAttention(key, layer);
      }
      return;
    }
    inRange(key, shared, 1, heads);
    if (heads % shared != 0) {
      throw refuse(
          "has the %s %d, which does not divide its %d heads".formatted(key, shared, heads));
    }
  }

  /**
   * Rejects layers without attention: they keep a state of up to some megabytes per sequence, and a
   * context for embeddings has {@value LlamaContext#MAX_SEQUENCES} sequences.
   */
  private void withoutAttention(String key, int layer) {
    throw new EmbarkException(
        Kind.MODEL,
        "The model %s is a hybrid of the architecture '%s', with layers that have no attention (%s is 0 for layer %d), and Embark does not support these, but for those of 'lfm2': use another model."
            .formatted(path, architecture, key, layer));
  }

  /**
   * Checks a hybrid whose layers without key heads are convolutions. llama.cpp fills the inputs of
   * both kinds of layers and asserts that each has a reader.
   */
  private void convolutions(List<Long> keyHeads) {
    long layers = number(key("block_count")).orElseThrow();
    if (keyHeads.size() != layers
        || keyHeads.stream().distinct().count() < 2
        || !keyHeads.contains(0L)) {
      throw refuse(
          "does not say which of its layers have attention and which have none, in "
              + key("attention.head_count_kv"));
    }
    required("shortconv.l_cache", MAX_CONVOLUTION);
    optional("shortconv.l_cache", 2, MAX_CONVOLUTION);
  }

  /** Checks that the heads fill the embedding: the weights of these architectures are square. */
  private void fill(List<Long> heads, long size, long embedding) {
    for (long n : heads) {
      if (n * size != embedding) {
        throw refuse(
            "has %d heads of %d, which do not fill its embedding of %d"
                .formatted(n, size, embedding));
      }
    }
  }

  /**
   * Checks that windowed and full-attention layers both exist: llama.cpp fills the masks of both
   * kinds and asserts that each has a reader.
   */
  private void windows() {
    String key = key("attention.sliding_window_pattern");
    Integer unset = WINDOW_PATTERNS.get(architecture);
    boolean firstIsWhole = architecture.equals("modern-bert");
    if (unset == null || (firstIsWhole && number(key("attention.sliding_window")).orElse(0) == 0)) {
      return;
    }
    long layers = number(key("block_count")).orElseThrow();
    long pattern = number(key).orElse(unset);
    Object each = header.get(key).map(GgufValue::value).orElse(null);
    boolean both =
        each instanceof List<?> list
            ? list.stream().distinct().count() > 1
            : pattern > 1 && (firstIsWhole ? 1 : pattern - 1) < layers;
    if (!both) {
      throw refuse(
          "has the %s %s, with which its %d layers are not of both kinds, windowed and whole"
              .formatted(key, each instanceof List<?> ? "of one kind" : pattern, layers));
    }
  }

  /**
   * Checks a dense layer after the pooling, which must preserve the embedding length or be absent.
   */
  private void dense(String name) {
    long embedding = number(key("embedding_length")).orElseThrow();
    number(key(name))
        .ifPresent(
            n -> {
              if (n != 0 && n != embedding) {
                throw refuse("has the " + key(name) + " " + n + ", not " + embedding);
              }
            });
  }

  private void experts() {
    long experts = number(key("expert_count")).orElse(0);
    atMost(key("expert_count"), experts, MAX_EXPERTS);
    List<Long> used = numbers(key("expert_used_count"));
    long most = used.stream().mapToLong(Long::longValue).max().orElse(0);
    inRange(key("expert_used_count"), most, experts > 0 ? 1 : 0, experts);
    long groups = number(key("expert_group_count")).orElse(0);
    atMost(key("expert_group_count"), groups, Math.max(0, experts - 1));
    if (groups > 1) {
      inRange(key("expert_group_used_count"), groupsUsed(), 1, groups - 1);
      if (experts % groups != 0) {
        throw refuse("has " + experts + " experts that do not fill " + groups + " groups evenly");
      }
    }
  }

  private long groupsUsed() {
    return number(key("expert_group_used_count")).orElse(0);
  }

  private void tensor(GgufTensor tensor) {
    if (NOT_FOR_WEIGHTS.contains(tensor.type())) {
      throw refuse(
          "keeps the tensor '" + tensor.name() + "' as " + tensor.type() + ", not for weights");
    }
    // ggml adds, convolves and multiplies with norms and biases in F32 only.
    boolean vector = tensor.shape().stream().filter(n -> n > 1).count() <= 1;
    // The head of a reranker multiplies, even where it has one output.
    boolean multiplied = tensor.name().startsWith("cls.") && tensor.name().endsWith(".weight");
    boolean added =
        (vector && (!multiplied || tensor.name().equals("cls.norm.weight")))
            || tensor.name().equals("token_types.weight")
            || tensor.name().endsWith(".shortconv.conv.weight");
    if (added && tensor.type() != GgufTensorType.F32) {
      throw refuse(
          "keeps the tensor '" + tensor.name() + "' as " + tensor.type() + " where F32 is needed");
    }
  }

  private void required(String name, long max) {
    inRange(key(name), number(key(name)).orElseThrow(() -> refuse("has no " + key(name))), 1, max);
  }

  private void optional(String name, long min, long max) {
    number(key(name)).ifPresent(n -> inRange(key(name), n, min, max));
  }

  private void atMost(String key, long n, long max) {
    inRange(key, n, 0, max);
  }

  private void inRange(String key, long n, long min, long max) {
    if (n < min || n > max) {
      throw refuse("has the " + key + " " + n + ", not " + min + " to " + max);
    }
  }

  private void positive(String name) {
    Optional<GgufValue> value = header.get(key(name));
    if (value.isPresent() && value.get().value() instanceof Float n && !(n >= 0 && n < 1e30f)) {
      throw refuse("has the " + key(name) + " " + n + ", not a positive number");
    }
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  /** Returns a whole number; llama.cpp itself rejects other types. */
  private OptionalLong number(String key) {
    return header
        .get(key)
        .filter(value -> value.value() instanceof Long)
        .map(value -> OptionalLong.of(value.asLong()))
        .orElse(OptionalLong.empty());
  }

  /** Returns the values of a key that has one number for all layers or one per layer. */
  private List<Long> numbers(String key) {
    return header
        .get(key)
        .map(GgufValue::value)
        .map(value -> value instanceof List<?> list ? list : List.of(value))
        .stream()
        .flatMap(List::stream)
        .filter(Long.class::isInstance)
        .map(Long.class::cast)
        .toList();
  }

  private EmbarkException refuse(String what) {
    return refuse(path, what);
  }

  /** Returns the error for a file that is complete but inconsistent. */
  static EmbarkException refuse(Path path, String what) {
    return new EmbarkException(
        Kind.MODEL,
        "The model "
            + path
            + " "
            + what
            + ": it is damaged or was converted wrongly; get it"
            + " again or convert it again.");
  }
}
