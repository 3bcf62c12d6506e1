package dev.embark.engine.options;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The labels and the options of a classification. Immutable and thread-safe. */
public final class ClassifyOptions extends FunctionOptions {
  static final int MIN_CONTEXT_TOKENS = 512;

  private static final long serialVersionUID = 1L;
  private static final List<ClassifyOption> ALL = List.of(ClassifyOption.values());
  private static final ClassifyOptions DEFAULTS = new ClassifyOptions(Map.of(), List.of());
  private static final String LABELS = "{labels}";

  private final ArrayList<String> labels;

  private ClassifyOptions(Map<String, String> values, List<String> labels) {
    super(values);
    this.labels = new ArrayList<>(labels);
  }

  /** Returns the defaults overridden by {@code given}, without labels; see {@link #with}. */
  public static ClassifyOptions of(Map<String, String> given) {
    return DEFAULTS.with(given);
  }

  @Override
  public String function() {
    return "classify";
  }

  @Override
  List<ClassifyOption> all() {
    return ALL;
  }

  @Override
  public ClassifyOptions with(Map<String, String> given) {
    return new ClassifyOptions(merged(given), labels);
  }

  /**
   * Returns these options with labels.
   *
   * @param newLabels may contain null, which is refused
   * @throws EmbarkException of kind OPTION unless there are two labels or more, each different and
   *     with a text
   */
  public ClassifyOptions withLabels(List<String> newLabels) {
    Set<String> seen = new HashSet<>();
    for (String label : newLabels) {
      if (label == null || label.isBlank()) {
        throw refused(label == null ? "one is NULL" : "one has no text");
      }
      if (!seen.add(label)) {
        throw refused("'" + label + "' is given twice");
      }
    }
    if (newLabels.size() < 2) {
      throw refused(newLabels.isEmpty() ? "there are none" : "there is one");
    }
    return new ClassifyOptions(asMap(), newLabels);
  }

  private static EmbarkException refused(String clause) {
    return new EmbarkException(
        Kind.OPTION,
        "The labels of classify have to be two or more different texts, but " + clause + ".");
  }

  /** Returns the labels, in the order of the call. */
  public List<String> labels() {
    return List.copyOf(labels);
  }

  /** Returns the instruction with the labels; empty for none. */
  public String instruction() {
    return get(ClassifyOption.INSTRUCTION).replace(LABELS, String.join(", ", labels));
  }

  /**
   * Returns the options of a generation that format and cut prompts in the same way.
   *
   * @param maxTokens tokens to keep free behind a prompt that is cut
   */
  public GenerateOptions prompts(int maxTokens) {
    Map<String, String> same = new TreeMap<>();
    for (ClassifyOption option :
        List.of(
            ClassifyOption.CHAT_TEMPLATE,
            ClassifyOption.SYSTEM,
            ClassifyOption.LONG_TEXT,
            ClassifyOption.TRUNCATE_SIDE)) {
      same.put(option.key(), get(option));
    }
    same.put(GenerateOption.MAX_TOKENS.key(), Integer.toString(maxTokens));
    return GenerateOptions.of(same);
  }

  /** Returns the size of a context in tokens, divided equally among its sequences. */
  public int contextTokens() {
    return Integer.parseInt(get(ClassifyOption.CONTEXT_TOKENS));
  }

  /** Returns the maximum number of sequences per context, one of them for the prompt. */
  public int sequences() {
    return Integer.parseInt(get(ClassifyOption.SEQUENCES));
  }

  /** Returns {@link Acceleration#OFF}: the accelerator computes encoders only. */
  @Override
  public Acceleration acceleration() {
    return Acceleration.OFF;
  }

  @Override
  List<Object> meaning() {
    List<Object> meaning = new ArrayList<>(labels);
    Arrays.stream(ClassifyOption.values()).map(this::get).forEach(meaning::add);
    return meaning;
  }
}
