package dev.embark.llama;

import dev.embark.engine.options.Acceleration;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.WeightsCache.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A loaded GGUF model, held in memory once and shared by any number of contexts.
 *
 * <p>Owns the native model. Thread-safe until {@link #close()}, which the owner calls after closing
 * every {@link LlamaContext} and {@link Tokenizer} of this model.
 */
public final class LlamaModel implements AutoCloseable {
  /**
   * Facts from a model's file that llama.cpp does not retain.
   *
   * @param stripsAccents whether its tokenizer strips accents
   * @param characterMap how its tokenizer replaces characters, as in a SentencePiece model; empty
   *     if it does not, or is of another kind
   * @param f32 whether all weights are 32-bit floats
   * @param reranker whether the model scores pairs of texts and therefore has no vector for a
   *     single one
   * @param whyNoScore what keeps a reranker from being used, as a clause that follows its name
   */
  public record Traits(
      boolean stripsAccents,
      ByteBuffer characterMap,
      boolean f32,
      boolean reranker,
      Optional<String> whyNoScore) {}

  private static final int TEXT_CAPACITY = 4096;
  private static final String NORMALIZE_KEY = "embark.normalize";

  private final Path path;
  private final ModelOptions options;
  private final Traits traits;
  private final Acceleration acceleration;
  private final Optional<Weights> packed;
  private Pointer handle;
  private final Map<Class<?>, Object> derived = new HashMap<>();
  private Boolean keepsTokens; // null until the first context is created

  private LlamaModel(
      Path path,
      ModelOptions options,
      Traits traits,
      Acceleration acceleration,
      Optional<Weights> packed,
      Pointer handle) {
    this.path = path;
    this.options = options;
    this.traits = traits;
    this.acceleration = acceleration;
    this.packed = packed;
    this.handle = handle;
    NativeHandles.opened();
  }

  /**
   * Opens a file that {@code ModelLoader} has checked; an unchecked file may abort the process.
   *
   * @param traits facts from the file
   * @param packed weights for the accelerator, closed with the model; empty to pack them in memory
   * @throws EmbarkException of kind MODEL when llama.cpp rejects the file, with the reason
   */
  public static LlamaModel open(
      Path path,
      ModelOptions options,
      Traits traits,
      Acceleration acceleration,
      Optional<Weights> packed) {
    String weights = packed.map(Weights::path).map(Path::toString).orElse("");
    return new LlamaModel(
        path,
        options,
        traits,
        acceleration,
        packed,
        open(path, options, traits, acceleration, weights));
  }

  /**
   * Writes the weights of a model in the packed format of the accelerator.
   *
   * @param packed the file to write
   * @throws IOException when the file cannot be written
   * @throws EmbarkException as {@link #open}
   */
  public static void pack(
      Path path, ModelOptions options, Traits traits, Acceleration acceleration, Path packed)
      throws IOException {
    Files.deleteIfExists(packed);
    Llama.embark_model_free(open(path, options, traits, acceleration, packed.toString()));
    if (!Files.exists(packed)) {
      throw new IOException(packed + " could not be written");
    }
  }

  private static Pointer open(
      Path path, ModelOptions options, Traits traits, Acceleration acceleration, String packed) {
    Llama.embark_llama_clear_log();
    Pointer handle =
        Llama.embark_model_load(
            path.toString(),
            options.device(),
            options.gpuLayers(),
            traits.stripsAccents(),
            acceleration.precision(),
            packed,
            options.keepsLayout());
    if (handle == null) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model " + path + " cannot be loaded: " + LlamaBackend.reason("no reason given"));
    }
    return handle;
  }

  /** Returns the model file. */
  public Path path() {
    return path;
  }

  /** Returns the options the model was loaded with. */
  public ModelOptions options() {
    return options;
  }

  /**
   * Returns the effective acceleration: the requested one, or {@link Acceleration#OFF} where it is
   * unsupported.
   */
  public Acceleration acceleration() {
    return acceleration;
  }

  /**
   * Returns whether its tokenizer strips accents. llama.cpp's own stripping is then off, and the
   * caller strips them.
   */
  public boolean stripsAccents() {
    return traits.stripsAccents();
  }

  /** Returns the precompiled character map of its tokenizer, which must not be changed; or none. */
  public ByteBuffer characterMap() {
    return traits.characterMap().duplicate();
  }

  /**
   * Checks that the model produces vectors for texts, independent of pooling.
   *
   * @throws EmbarkException of kind MODEL when it is a reranker
   */
  public void checkEmbeds() {
    refuseReranker("has no vector for one; use an embedding model.");
  }

  /**
   * Checks that the model may answer prompts. A reranker with a decoder may lack the weights that
   * predict tokens.
   *
   * @throws EmbarkException of kind MODEL when it is a reranker
   */
  public void checkAnswers() {
    refuseReranker("answers no prompt; use a generative model.");
  }

  private void refuseReranker(String rest) {
    if (traits.reranker()) {
      throw new EmbarkException(
          Kind.MODEL, "The model " + path + " is a reranker: it scores pairs of texts and " + rest);
    }
  }

  /**
   * Checks that the model scores pairs of texts.
   *
   * @throws EmbarkException of kind MODEL when it is no reranker, or one that cannot be used
   */
  public void checkScores() {
    if (!traits.reranker()) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model "
              + path
              + " is no reranker: it has no head that scores a pair of texts; use a reranker"
              + (metadata("general.architecture").filter("qwen3"::equals).isPresent()
                  ? ", or if it is Qwen3-Reranker and its files do not say so, convert its folder"
                      + " with embark model import --reranker."
                  : "."));
    }
    traits
        .whyNoScore()
        .ifPresent(
            reason -> {
              throw new EmbarkException(Kind.MODEL, "The model " + path + " " + reason + ".");
            });
  }

  /** Returns whether all weights are 32-bit floats. */
  boolean isF32() {
    return traits.f32();
  }

  /**
   * Returns a value derived from this model, computed on first use and cached for the life of the
   * model.
   */
  public synchronized <T> T derived(Class<T> type, Function<LlamaModel, T> compute) {
    return type.cast(derived.computeIfAbsent(type, any -> compute.apply(this)));
  }

  /** Returns the number of floats per vector. */
  public int dimensions() {
    return Llama.embark_model_n_embd(handle());
  }

  /** Returns the number of floats that the head of a reranker gives for a pair. */
  public int scores() {
    return Llama.embark_model_n_scores(handle());
  }

  /** Returns the trained context length in tokens. */
  public int trainedContext() {
    return Llama.embark_model_n_ctx_train(handle());
  }

  /** Returns the vocabulary size; token ids are below it. */
  public int vocabularySize() {
    return Llama.embark_model_n_vocab(handle());
  }

  /** Returns whether the model has recurrent layers, which carry state from token to token. */
  public boolean isRecurrent() {
    return Llama.embark_model_is_recurrent(handle());
  }

  /**
   * Returns whether contexts of this model have a KV cache or recurrent state, as those of decoders
   * do.
   */
  synchronized boolean keepsTokens() {
    if (keepsTokens == null) {
      keepsTokens = acceleration == Acceleration.OFF && Llama.embark_model_keeps(handle());
    }
    return keepsTokens;
  }

  /** Returns the value of a GGUF metadata key as text. */
  public Optional<String> metadata(String key) {
    byte[] value = new byte[TEXT_CAPACITY];
    int length = Llama.embark_model_meta(handle(), key, value, value.length);
    if (length >= value.length) {
      value = new byte[length + 1];
      length = Llama.embark_model_meta(handle(), key, value, value.length);
    }
    return length < 0 ? Optional.empty() : Optional.of(text(value, length));
  }

  /**
   * Returns how the model's authors scale vectors, from {@code embark.normalize} in the file, in
   * the spelling of the option {@code normalize}; empty if the file does not say.
   */
  public Optional<String> normalization() {
    return metadata(NORMALIZE_KEY);
  }

  /** Returns whether a token is a control token, which never comes from text. */
  public boolean isControl(int token) {
    return Llama.embark_token_is_control(handle(), token);
  }

  /** Returns whether a token ends an answer. */
  public boolean isEnd(int token) {
    return Llama.embark_token_is_end(handle(), token);
  }

  /** Returns the token that opens every text, or -1. */
  public int openingToken() {
    return Llama.embark_model_opening_token(handle());
  }

  /** Returns the text of a token with the escapes of its vocabulary type. */
  public String tokenText(int token) {
    return LlamaBackend.string(Llama.embark_token_text(handle(), token));
  }

  /**
   * Returns how the model's authors added a token: 0 if they did not, 1 if they did, 2 if it also
   * absorbs adjacent white space.
   */
  public int userDefined(int token) {
    return Llama.embark_token_is_user_defined(handle(), token);
  }

  /**
   * Copies the bytes of a token's text; control tokens have none.
   *
   * @return the number of bytes, negative when {@code piece} is too small
   */
  public int piece(int token, byte[] piece) {
    return Llama.embark_token_piece(handle(), token, piece, piece.length);
  }

  /**
   * Tokenises a text. llama.cpp uses the caller's stack in proportion to the length of the text.
   *
   * @param text UTF-8
   * @param ids receives at most {@code room} ids, starting at {@code at}
   * @param addSpecial adds the opening and closing tokens of a text
   * @param parseSpecial parses the spelling of a control token as that token
   * @return the number of ids; negated if it exceeds {@code room}, in which case none is written
   * @throws RuntimeException for a C++ exception of the vocabulary
   */
  public int tokenize(
      byte[] text,
      int length,
      IntPointer ids,
      long at,
      int room,
      boolean addSpecial,
      boolean parseSpecial) {
    return Llama.embark_tokenize(handle(), text, length, ids, at, room, addSpecial, parseSpecial);
  }

  /**
   * Renders a single-turn chat with the model's template or a named template of llama.cpp.
   *
   * @param template name of the template; empty for the model's own
   * @param prompt receives as many bytes as fit
   * @return length of the whole chat, or a negative code of embark_llama.h
   */
  public int chatPrompt(BytePointer template, BytePointer system, BytePointer user, byte[] prompt) {
    return Llama.embark_chat_prompt(handle(), template, system, user, prompt, prompt.length);
  }

  /** Returns the native model; valid until {@link #close()}. */
  Pointer handle() {
    Pointer current = handle;
    if (current == null) {
      throw new IllegalStateException("The model " + path + " is closed.");
    }
    return current;
  }

  /** Frees the native model; idempotent. */
  @Override
  public synchronized void close() {
    if (handle != null) {
      Llama.embark_model_free(handle);
      handle = null;
      NativeHandles.closed();
      packed.ifPresent(Weights::close);
    }
  }

  private static String text(byte[] value, int length) {
    // snprintf returns the untruncated length, and the copy ends with a NUL.
    return new String(value, 0, Math.min(length, value.length - 1), StandardCharsets.UTF_8);
  }
}
