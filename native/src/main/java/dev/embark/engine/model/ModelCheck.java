package dev.embark.engine.model;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
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
  static final long MAX_DIMENSIONS = 1 << 17;
  private static final long MAX_CONTEXT = 1 << 26;
  private static final int MAX_POOLING = 4;

  private static final Set<String> NO_TEXT_EMBEDDING = Set.of("t5", "clip", "wavtokenizer-dec");
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

  private final CheckedHeader header;

  private ModelCheck(CheckedHeader header) {
    this.header = header;
  }

  /**
   * Checks a header.
   *
   * @param path for messages
   * @throws EmbarkException of kind MODEL that names the faulty key or tensor
   */
  static void check(Path path, GgufHeader header) {
    SplitModel.check(path, header);
    CheckedHeader checked = CheckedHeader.of(path, header);
    new ModelCheck(checked).check();
    new HeadsCheck(checked).check();
    new VocabularyCheck(path, header).check();
  }

  private void check() {
    String architecture = header.architecture();
    if (NO_TEXT_EMBEDDING.contains(architecture)) {
      throw header.refuse("is of the architecture '" + architecture + "', which embeds no text");
    }
    header.required("block_count", MAX_LAYERS);
    header.required("context_length", MAX_CONTEXT);
    header.required("embedding_length", MAX_DIMENSIONS);
    header.optional("embedding_length_out", 0, MAX_DIMENSIONS);
    header.optional("pooling_type", 0, MAX_POOLING);
    header.optional("nextn_predict_layers", 0, header.number(header.key("block_count")).orElse(0));
    experts();
    windows();
    dense("dense_2_feat_in");
    dense("dense_3_feat_out");
    header.positive("attention.layer_norm_epsilon");
    header.positive("attention.layer_norm_rms_epsilon");
    header.positive("rope.freq_base");
    header.positive("rope.freq_base_swa");
    header.optional("attention.sliding_window", 0, MAX_CONTEXT);
    header
        .value("rope.scaling.type")
        .filter(value -> value.value() instanceof String)
        .map(GgufValue::asString)
        .filter(type -> !Set.of("none", "linear", "yarn", "longrope").contains(type))
        .ifPresent(
            type -> {
              throw header.refuse(
                  "has the unknown " + header.key("rope.scaling.type") + " '" + type + "'");
            });
    header.header().tensors().forEach(this::tensor);
  }

  /**
   * Checks that windowed and full-attention layers both exist: llama.cpp fills the masks of both
   * kinds and asserts that each has a reader.
   */
  private void windows() {
    String key = header.key("attention.sliding_window_pattern");
    Integer unset = WINDOW_PATTERNS.get(header.architecture());
    boolean firstIsWhole = header.architecture().equals("modern-bert");
    if (unset == null
        || (firstIsWhole && header.number(header.key("attention.sliding_window")).orElse(0) == 0)) {
      return;
    }
    long layers = header.number(header.key("block_count")).orElseThrow();
    long pattern = header.number(key).orElse(unset);
    Object each =
        header.value("attention.sliding_window_pattern").map(GgufValue::value).orElse(null);
    boolean both =
        each instanceof List<?> list
            ? list.stream().distinct().count() > 1
            : pattern > 1 && (firstIsWhole ? 1 : pattern - 1) < layers;
    if (!both) {
      throw header.refuse(
          "has the %s %s, with which its %d layers are not of both kinds, windowed and whole"
              .formatted(key, each instanceof List<?> ? "of one kind" : pattern, layers));
    }
  }

  /**
   * Checks a dense layer after the pooling, which must preserve the embedding length or be absent.
   */
  private void dense(String name) {
    long embedding = header.number(header.key("embedding_length")).orElseThrow();
    header
        .number(header.key(name))
        .ifPresent(
            n -> {
              if (n != 0 && n != embedding) {
                throw header.refuse("has the " + header.key(name) + " " + n + ", not " + embedding);
              }
            });
  }

  private void experts() {
    long experts = header.number(header.key("expert_count")).orElse(0);
    header.atMost(header.key("expert_count"), experts, MAX_EXPERTS);
    List<Long> used = header.numbers(header.key("expert_used_count"));
    long most = used.stream().mapToLong(Long::longValue).max().orElse(0);
    header.inRange(header.key("expert_used_count"), most, experts > 0 ? 1 : 0, experts);
    long groups = header.number(header.key("expert_group_count")).orElse(0);
    header.atMost(header.key("expert_group_count"), groups, Math.max(0, experts - 1));
    if (groups > 1) {
      header.inRange(header.key("expert_group_used_count"), groupsUsed(), 1, groups - 1);
      if (experts % groups != 0) {
        throw header.refuse(
            "has " + experts + " experts that do not fill " + groups + " groups evenly");
      }
    }
  }

  private long groupsUsed() {
    return header.number(header.key("expert_group_used_count")).orElse(0);
  }

  private void tensor(GgufTensor tensor) {
    if (NOT_FOR_WEIGHTS.contains(tensor.type())) {
      throw header.refuse(
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
      throw header.refuse(
          "keeps the tensor '" + tensor.name() + "' as " + tensor.type() + " where F32 is needed");
    }
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
