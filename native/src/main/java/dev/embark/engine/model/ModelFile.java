package dev.embark.engine.model;

import dev.embark.engine.prompts.ModelPrompts;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.ChatTemplate;
import dev.embark.engine.text.RerankTemplate;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads the facts of a model file that llama.cpp does not retain. Stateless. */
public final class ModelFile {
  private static final String NONE = "none";
  static final String RANK = "rank";
  private static final String[] POOLINGS = {NONE, "mean", "cls", "last", RANK};
  private static final int LONGEST_LICENSE = 200;
  private static final List<String> HEAD = List.of("cls.weight", "cls.output.weight");

  private ModelFile() {}

  /**
   * Describes a loaded model; reads the whole file.
   *
   * @throws EmbarkException of kind MODEL when the file can no longer be read
   */
  public static ModelDescription describe(LlamaModel model) {
    Path path = model.path();
    try {
      GgufHeader header = GgufHeader.read(path);
      boolean generates = pooling(header).equals(NONE) && isCausal(header);
      return new ModelDescription(
          text(header, "general.architecture").orElse(""),
          text(header, "general.name"),
          model.dimensions(),
          model.trainedContext(),
          pooling(header),
          generates,
          generates ? Optional.of(ChatTemplate.describe(model)) : Optional.empty(),
          instruction(header),
          quantisation(header),
          header.tensors().stream().mapToLong(GgufTensor::elements).sum(),
          Files.size(path),
          Sha256.of(path),
          text(header, "tokenizer.ggml.model").orElse(""),
          model.vocabularySize(),
          text(header, ModelPrompts.PREFIX_KEY).orElse(""),
          ModelPrompts.of(key -> text(header, key)),
          Accelerator.kernelsFor(header),
          Accelerator.whyNot(header),
          license(header),
          warnings(model, header));
    } catch (IOException e) {
      throw new EmbarkException(
          Kind.MODEL, "The model cannot be described: " + e.getMessage() + ".", e);
    }
  }

  /** Returns the licence as a line: its identifier, else its name, and its address. */
  private static Optional<String> license(GgufHeader header) {
    List<String> parts =
        Stream.of("general.license", "general.license.name", "general.license.link")
            .flatMap(key -> text(header, key).stream())
            .map(part -> part.replaceAll("[\\s\\p{Cntrl}]+", " ").strip())
            .filter(part -> !part.isEmpty())
            .map(part -> part.substring(0, Math.min(part.length(), LONGEST_LICENSE)))
            .toList();
    return parts.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", parts));
  }

  private static Optional<String> instruction(GgufHeader header) {
    return text(header, RerankTemplate.KEY)
        .flatMap(RerankTemplate::of)
        .flatMap(prompt -> RerankTemplate.instruction(prompt.before(), key -> text(header, key)));
  }

  private static List<String> warnings(LlamaModel model, GgufHeader header) {
    List<String> warnings = new ArrayList<>(SelfTest.warnings(model, header));
    if (MatryoshkaCut.needsLayerNorm(key -> text(header, key))) {
      warnings.add(
          "is cut to fewer dimensions by its authors after a layer norm only, which the option"
              + " dimensions does not compute");
    }
    if (isReranker(header)) {
      RerankerCheck.obstacle(header).ifPresent(warnings::add);
    }
    return List.copyOf(warnings);
  }

  /**
   * Returns the pooling of a model. It is {@code rank} also for a model without a pooling but with
   * a classifier head, since some rerankers were converted without their pooling.
   */
  static String pooling(GgufHeader header) {
    String named = namedPooling(header);
    return named.equals(NONE) && HEAD.stream().anyMatch(name -> header.tensor(name).isPresent())
        ? RANK
        : named;
  }

  /**
   * Returns whether the model scores pairs of texts and therefore has no vector for a single one.
   */
  static boolean isReranker(GgufHeader header) {
    return pooling(header).equals(RANK);
  }

  private static String namedPooling(GgufHeader header) {
    String key = text(header, "general.architecture").orElse("") + ".pooling_type";
    return header
        .get(key)
        .map(GgufValue::value)
        .filter(Long.class::isInstance)
        .map(Long.class::cast)
        .filter(type -> type >= 0 && type < POOLINGS.length)
        .map(type -> POOLINGS[type.intValue()])
        .orElse(NONE);
  }

  /** Returns whether tokens attend to earlier ones only, which llama.cpp takes as the default. */
  private static boolean isCausal(GgufHeader header) {
    return header
        .get(text(header, "general.architecture").orElse("") + ".attention.causal")
        .map(causal -> causal.value() != Boolean.FALSE)
        .orElse(true);
  }

  private static String quantisation(GgufHeader header) {
    return FileType.name(header).orElseGet(() -> mostWeights(header));
  }

  private static String mostWeights(GgufHeader header) {
    Map<GgufTensorType, Long> weights = new EnumMap<>(GgufTensorType.class);
    header.tensors().forEach(t -> weights.merge(t.type(), t.elements(), Long::sum));
    return weights.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(entry -> entry.getKey().name())
        .orElse("");
  }

  /** Returns the value of a metadata key that holds text. */
  public static Optional<String> text(GgufHeader header, String key) {
    return header
        .get(key)
        .filter(value -> value.value() instanceof String)
        .map(GgufValue::asString);
  }
}
