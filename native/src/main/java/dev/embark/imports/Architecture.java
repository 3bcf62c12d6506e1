package dev.embark.imports;

import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufWriter;
import java.util.Optional;

/** How the configuration and the tensors of one kind of model become those of llama.cpp. */
interface Architecture {
  /**
   * The sizes that every architecture has.
   *
   * @param width number of dimensions
   * @param layers number of layers
   * @param heads attention heads per layer
   * @param hidden number of values between the products of a feed-forward layer
   * @param context longest sequence in tokens that the weights allow
   */
  record Sizes(int width, int layers, int heads, int hidden, int context) {
    /** Reads the sizes by the names that most configurations of transformers have. */
    static Sizes of(Config config) throws ImportException {
      return of(config, config.positive("max_position_embeddings"));
    }

    /** Reads the sizes of a model that allows other positions than its configuration says. */
    static Sizes of(Config config, int context) throws ImportException {
      return new Sizes(
          config.positive("hidden_size"),
          config.positive("num_hidden_layers"),
          config.positive("num_attention_heads"),
          config.positive("intermediate_size"),
          context);
    }
  }

  /** Returns the value of {@code general.architecture}. */
  String name();

  Sizes sizes();

  /** Returns the name of the token embeddings at the end of the tensor's whole name. */
  String tokens();

  /** Writes the hyper-parameters, except {@link #sizes}. */
  void put(GgufWriter gguf);

  /**
   * Adds all tensors except the token embeddings.
   *
   * @param context the longest sequence in tokens
   */
  void add(TensorPlan plan, int context) throws ImportException;

  /** Returns whether a tensor, named without prefix, is not needed for a vector. */
  boolean isUnneeded(String tensor);

  /**
   * Adds the head that computes a score from a pair of texts.
   *
   * @param head names tensors without the prefix of the others
   * @param body names tensors with the prefix
   * @throws ImportException when llama.cpp does not compute such a head
   */
  default void addHead(TensorPlan head, TensorPlan body) throws ImportException {
    throw new ImportException(
        "its head has no counterpart in llama.cpp for the architecture "
            + name()
            + "; use"
            + Architectures.RERANKERS);
  }

  /** Returns whether the model is a decoder, which scores a pair at its last token. */
  default boolean isDecoder() {
    return false;
  }

  /** Returns the table of token types, if the tokens of a pair have two of them. */
  default Optional<String> tokenTypes() {
    return Optional.empty();
  }

  /** Returns the prefix of the tensors' names, such as {@code bert.}. */
  default String prefix(Weights weights) {
    return weights.names().stream()
        .filter(name -> name.endsWith(tokens()))
        .map(name -> name.substring(0, name.length() - tokens().length()))
        .findFirst()
        .orElse("");
  }

  /** Writes the hyper-parameters of every architecture. */
  default void putSizes(GgufWriter gguf, int context) {
    put(gguf, "block_count", sizes().layers());
    put(gguf, "context_length", context);
    put(gguf, "embedding_length", sizes().width());
    put(gguf, "feed_forward_length", sizes().hidden());
    put(gguf, "attention.head_count", sizes().heads());
  }

  /** Writes a whole number. */
  default void put(GgufWriter gguf, String key, int value) {
    gguf.put(name() + "." + key, GgufValue.uint32(value));
  }

  /** Writes a number. */
  default void put(GgufWriter gguf, String key, float value) {
    gguf.put(name() + "." + key, GgufValue.float32(value));
  }

  /** Writes a flag. */
  default void put(GgufWriter gguf, String key, boolean value) {
    gguf.put(name() + "." + key, GgufValue.bool(value));
  }
}
