package dev.embark.llama;

import dev.embark.engine.options.Acceleration;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.Tokenizer;
import dev.embark.llama.WeightsCache.Weights;
import java.io.IOException;
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
 * A GGUF model, in memory once and shared by any number of contexts.
 *
 * <p>Owns the native model. Safe for any thread until {@link #close()}, which the owner calls after
 * every {@link LlamaContext} and {@link Tokenizer} made of it is closed.
 */
public final class LlamaModel implements AutoCloseable {
  /**
   * What a model's file says that llama.cpp does not keep.
   *
   * @param stripsAccents whether its tokenizer strips accents
   * @param f32 whether all its weights are 32-bit floats
   * @param reranker whether it scores pairs of texts, so that it has no vector for one
   */
  public record Traits(boolean stripsAccents, boolean f32, boolean reranker) {}

  private static final int TEXT_CAPACITY = 4096;
  private static final String PREFIX_KEY = "embark.prefix";

  private final Path path;
  private final ModelOptions options;
  private final Traits traits;
  private final Acceleration acceleration;
  private final Optional<Weights> packed;
  private Pointer handle;
  private final Map<Class<?>, Object> derived = new HashMap<>();
  private Boolean keepsTokens; // found out by the first context; null before

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
   * Opens a file that {@code ModelLoader} has checked: an unchecked one may end the process.
   *
   * @param traits of the file
   * @param packed weights for the accelerator, closed with the model; empty to pack them in memory
   * @throws EmbarkException of kind MODEL when llama.cpp refuses the file, with its reason
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
   * Writes the weights of a file as the accelerator packs them.
   *
   * @param packed file that is written
   * @throws IOException when it cannot be written
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
            packed);
    if (handle == null) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model " + path + " cannot be loaded: " + LlamaBackend.reason("no reason given"));
    }
    return handle;
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** What it was loaded with. */
  public ModelOptions options() {
    return options;
  }

  /** What computes it: what was asked for, or {@link Acceleration#OFF} where that cannot be. */
  public Acceleration acceleration() {
    return acceleration;
  }

  /** Whether its tokenizer strips accents, which llama.cpp's then leaves to the caller. */
  public boolean stripsAccents() {
    return traits.stripsAccents();
  }

  /**
   * Checks that it has vectors for texts, whatever pooling is asked for.
   *
   * @throws EmbarkException of kind MODEL when it is a reranker
   */
  public void checkEmbeds() {
    if (traits.reranker()) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model "
              + path
              + " is a reranker: it scores pairs of texts and has no vector for one; use an"
              + " embedding model.");
    }
  }

  /** Whether all its weights are 32-bit floats. */
  boolean isF32() {
    return traits.f32();
  }

  /**
   * Returns a value that is computed from this model once, when it is first asked for, and kept
   * with it.
   */
  public synchronized <T> T derived(Class<T> type, Function<LlamaModel, T> compute) {
    return type.cast(derived.computeIfAbsent(type, any -> compute.apply(this)));
  }

  /** Length of its vectors. */
  public int dimensions() {
    return Llama.embark_model_n_embd(handle());
  }

  /** The longest text, in tokens, that it was trained for. */
  public int trainedContext() {
    return Llama.embark_model_n_ctx_train(handle());
  }

  /** Number of tokens it knows; ids are below it. */
  public int vocabularySize() {
    return Llama.embark_model_n_vocab(handle());
  }

  /** Whether layers of it carry a state from token to token. */
  public boolean isRecurrent() {
    return Llama.embark_model_is_recurrent(handle());
  }

  /**
   * Whether contexts of it keep keys, values or a state of what they have seen, as those of
   * decoders do.
   */
  synchronized boolean keepsTokens() {
    if (keepsTokens == null) {
      keepsTokens = acceleration == Acceleration.OFF && Llama.embark_model_keeps(handle());
    }
    return keepsTokens;
  }

  /** Its value of a GGUF metadata key, as text. */
  public Optional<String> metadata(String key) {
    byte[] value = new byte[TEXT_CAPACITY];
    int length = Llama.embark_model_meta(handle(), key, value, value.length);
    return length < 0 ? Optional.empty() : Optional.of(text(value, length));
  }

  /**
   * Text that its authors want before each input, from {@code embark.prefix} of its file; empty for
   * none. llama.cpp's own conversion, as of 0.5.0, keeps no prompt of an embedding model.
   */
  public String prefix() {
    return metadata(PREFIX_KEY).orElse("");
  }

  /** Whether a token is a special one that no text has. */
  public boolean isControl(int token) {
    return Llama.embark_token_is_control(handle(), token);
  }

  /** Whether a token ends an answer. */
  public boolean isEnd(int token) {
    return Llama.embark_token_is_end(handle(), token);
  }

  /** The token that opens every text, or -1. */
  public int openingToken() {
    return Llama.embark_model_opening_token(handle());
  }

  /** The text of a token as its vocabulary has it, escaped as the vocabulary's kind does. */
  public String tokenText(int token) {
    return LlamaBackend.string(Llama.embark_token_text(handle(), token));
  }

  /** How a token was added by the model's authors: 0 not at all, 1, or 2 if it swallows a space. */
  public int userDefined(int token) {
    return Llama.embark_token_is_user_defined(handle(), token);
  }

  /**
   * Copies the bytes of a token's text, none for control tokens.
   *
   * @return their number, negative when {@code piece} has no room for them
   */
  public int piece(int token, byte[] piece) {
    return Llama.embark_token_piece(handle(), token, piece, piece.length);
  }

  /**
   * Tokenises a text on the caller's stack, which llama.cpp uses in proportion to the text.
   *
   * @param text UTF-8
   * @param ids receives the ids from {@code at}, with room for {@code room} of them
   * @param addSpecial adds the tokens that open and close a text
   * @param parseSpecial takes what is written like a control token for one
   * @return number of ids; if it exceeds {@code room}, as a negative number, and none is written
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
   * Writes a chat of one turn as the model's template, or a named one of llama.cpp, has it.
   *
   * @param template name; empty for the model's own
   * @param prompt receives the bytes that it has room for
   * @return length of the whole chat, or a negative code of embark_llama.h
   */
  public int chatPrompt(BytePointer template, BytePointer system, BytePointer user, byte[] prompt) {
    return Llama.embark_chat_prompt(handle(), template, system, user, prompt, prompt.length);
  }

  /** The native model; valid until {@link #close()}. */
  Pointer handle() {
    Pointer current = handle;
    if (current == null) {
      throw new IllegalStateException("The model " + path + " is closed.");
    }
    return current;
  }

  /** Frees the native model; does nothing the second time. */
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
    // snprintf tells the length it would have liked; the copy ends with a NUL.
    return new String(value, 0, Math.min(length, value.length - 1), StandardCharsets.UTF_8);
  }
}
