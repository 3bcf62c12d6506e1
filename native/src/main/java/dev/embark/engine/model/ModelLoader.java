package dev.embark.engine.model;

import dev.embark.engine.options.Acceleration;
import dev.embark.engine.rows.Condition;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.text.UnigramText;
import dev.embark.engine.text.WordPieceText;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensorType;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.WeightsCache;
import dev.embark.llama.WeightsCache.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads model files: checks the header, selects the acceleration, opens the model and tests its
 * tokenizer.
 *
 * <pre>
 *  file ──► GgufHeader ──► ModelCheck ──► Accelerator.of ──► WeightsCache ──► LlamaModel ──► SelfTest
 * </pre>
 *
 * <p>Stateless and thread-safe.
 */
public final class ModelLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);

  private ModelLoader() {}

  /**
   * Loads a model file; weights for the accelerator are packed in the memory of this process.
   *
   * @throws EmbarkException as {@link #load(Path, ModelOptions, WeightsCache)}
   */
  public static LlamaModel load(Path path, ModelOptions options) {
    return load(path, options, WeightsCache.NONE);
  }

  /**
   * Loads a model file. The file is mapped, and weights are read on first use. Weights packed for
   * the accelerator are mapped from a file of the cache; without such a file the whole model is
   * held in the memory of this process.
   *
   * <p>Until the model is closed, the file must not be truncated or overwritten, which would abort
   * the process. Replacing it by a rename is safe.
   *
   * @throws EmbarkException of kind MODEL when the file is not a complete GGUF file, is
   *     inconsistent, or is rejected by llama.cpp, with the reason
   */
  public static LlamaModel load(Path path, ModelOptions options, WeightsCache cache) {
    LlamaBackend.start();
    // llama.cpp aborts the process on some damaged files, so the header is checked in Java first.
    GgufHeader header = checkedHeader(path);
    LlamaModel.Traits traits =
        new LlamaModel.Traits(
            WordPieceText.stripsAccents(header),
            UnigramText.characterMap(header),
            isF32(header),
            ModelFile.isReranker(header),
            ModelFile.isReranker(header) ? RerankerCheck.obstacle(header) : Optional.empty());
    Acceleration acceleration = Accelerator.of(header, options);
    Optional<Weights> packed =
        acceleration == Acceleration.OFF
            ? Optional.empty()
            : cache.open(
                Accelerator.packing(acceleration),
                file -> LlamaModel.pack(path, options, traits, acceleration, file));
    LlamaModel model;
    try {
      model = LlamaModel.open(path, options, traits, acceleration, packed);
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

  /**
   * Reads the header of a model file and checks it; needs neither llama.cpp nor the memory of the
   * model.
   *
   * @throws EmbarkException of kind MODEL when the file is not a complete GGUF file or is
   *     inconsistent
   */
  public static GgufHeader checkedHeader(Path path) {
    GgufHeader header;
    try {
      header = GgufHeader.read(path);
    } catch (IOException e) {
      throw new EmbarkException(
          Condition.MODEL_NOT_LOADED, Map.of("reason", String.valueOf(e.getMessage())), e);
    }
    ModelCheck.check(path, header);
    return header;
  }

  static boolean isF32(GgufHeader header) {
    return header.tensors().stream().allMatch(tensor -> tensor.type() == GgufTensorType.F32);
  }
}
