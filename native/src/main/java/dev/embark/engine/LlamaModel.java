package dev.embark.engine;

import dev.embark.engine.EmbarkException.Kind;
import dev.embark.engine.WeightsCache.Weights;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensorType;
import dev.embark.llama.Llama;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A GGUF model, in memory once and shared by any number of contexts.
 *
 * <p>Owns the native model. Safe for any thread until {@link #close()}, which the owner calls after
 * every {@link LlamaContext} and {@link Tokenizer} made of it is closed.
 */
public final class LlamaModel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LlamaModel.class);
  private static final int TEXT_CAPACITY = 4096;
  private static final String PREFIX_KEY = "embark.prefix";

  private final Path path;
  private final ModelOptions options;
  private final boolean stripsAccents;
  private final boolean f32;
  private final boolean reranker;
  private final Acceleration acceleration;
  private final Optional<Weights> packed;
  private Pointer handle;
  private SentencePieceCuts cuts; // made when the first long text comes
  private Boolean keepsTokens; // found out by the first context; null before

  private LlamaModel(
      Path path,
      ModelOptions options,
      boolean stripsAccents,
      boolean f32,
      boolean reranker,
      Acceleration acceleration,
      Optional<Weights> packed,
      Pointer handle) {
    this.path = path;
    this.options = options;
    this.stripsAccents = stripsAccents;
    this.f32 = f32;
    this.reranker = reranker;
    this.acceleration = acceleration;
    this.packed = packed;
    this.handle = handle;
    NativeHandles.opened();
  }

  /**
   * Loads a model file, with weights that the accelerator packs in memory of this process.
   *
   * @throws EmbarkException as {@link #load(Path, ModelOptions, WeightsCache)}
   */
  public static LlamaModel load(Path path, ModelOptions options) {
    return load(path, options, WeightsCache.NONE);
  }

  /**
   * Loads a model file: it is mapped, and weights are read when they are first used. Those that the
   * accelerator packs are mapped from a file of the cache; where that keeps none, the whole model
   * is in memory of this process.
   *
   * <p>Until the model is closed, nobody may truncate or overwrite the file: the system would end
   * the process. Replacing it by a rename is safe.
   *
   * @throws EmbarkException of kind MODEL when the file is not a whole GGUF file, contradicts
   *     itself, or llama.cpp does not take it, with its reason
   */
  public static LlamaModel load(Path path, ModelOptions options, WeightsCache cache) {
    LlamaBackend.start();
    GgufHeader header;
    try {
      // A damaged file costs llama.cpp an abort at worst; the header is checked in Java first.
      header = GgufHeader.read(path);
    } catch (IOException e) {
      throw new EmbarkException(
          Kind.MODEL, "The model cannot be loaded: " + e.getMessage() + ".", e);
    }
    ModelCheck.check(path, header);
    boolean stripsAccents = WordPieceText.stripsAccents(header);
    Acceleration acceleration = Accelerator.of(header, options);
    Function<String, Pointer> open =
        weights -> open(path, options, stripsAccents, acceleration, weights);
    Optional<Weights> packed =
        acceleration == Acceleration.OFF
            ? Optional.empty()
            : cache.open(Accelerator.packing(acceleration), file -> pack(open, file));
    LlamaModel model;
    try {
      model =
          new LlamaModel(
              path,
              options,
              stripsAccents,
              isF32(header),
              ModelFile.isReranker(header),
              acceleration,
              packed,
              open.apply(packed.map(Weights::path).map(Path::toString).orElse("")));
    } catch (RuntimeException | Error e) {
      packed.ifPresent(Weights::close);
      throw e;
    }
    try {
      SelfTest.warnings(model, header).forEach(warning -> LOG.warn("{} {}.", path, warning));
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
    return model;
  }

  private static Pointer open(
      Path path,
      ModelOptions options,
      boolean stripsAccents,
      Acceleration acceleration,
      String packed) {
    Llama.embark_llama_clear_log();
    Pointer handle =
        Llama.embark_model_load(
            path.toString(),
            options.device(),
            options.gpuLayers(),
            stripsAccents,
            acceleration.precision(),
            packed);
    if (handle == null) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model " + path + " cannot be loaded: " + LlamaBackend.reason("no reason given"));
    }
    return handle;
  }

  private static void pack(Function<String, Pointer> open, Path file) throws IOException {
    Files.deleteIfExists(file);
    Llama.embark_model_free(open.apply(file.toString()));
    if (!Files.exists(file)) {
      throw new IOException(file + " could not be written");
    }
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

  /** Whether {@link WordPieceText} takes the accents off its texts. */
  boolean stripsAccents() {
    return stripsAccents;
  }

  /**
   * Checks that it has vectors for texts, whatever pooling is asked for.
   *
   * @throws EmbarkException of kind MODEL when it is a reranker
   */
  void checkEmbeds() {
    if (reranker) {
      throw new EmbarkException(
          Kind.MODEL,
          "The model "
              + path
              + " is a reranker: it scores pairs of texts and has no vector for one; use an"
              + " embedding model.");
    }
  }

  static boolean isF32(GgufHeader header) {
    return header.tensors().stream().allMatch(tensor -> tensor.type() == GgufTensorType.F32);
  }

  /** Whether all its weights are 32-bit floats. */
  boolean isF32() {
    return f32;
  }

  /** Where long texts may be cut for its tokenizer, which has to be of the kind {@code llama}. */
  synchronized SentencePieceCuts sentencePieceCuts() {
    if (cuts == null) {
      cuts = new SentencePieceCuts(this);
    }
    return cuts;
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
  boolean isRecurrent() {
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

  /**
   * What it is, its file's hash included; reads the whole file.
   *
   * @throws EmbarkException of kind MODEL when the file cannot be read any more
   */
  public ModelDescription describe() {
    return ModelFile.describe(this);
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
