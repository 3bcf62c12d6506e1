package dev.embark.bench.rival;

import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import dev.embark.bench.side.Side;
import java.util.List;

/**
 * java-llama.cpp on one thread, one call a text: it has no other. The one argument is the GGUF
 * file.
 */
public final class JavaLlamaSide implements Side {
  private static final int MAX_TOKENS = 512;

  private final LlamaModel model;

  /** Loads the model. */
  public JavaLlamaSide(List<String> arguments) {
    model =
        new LlamaModel(
            new ModelParameters()
                .setModel(arguments.get(0))
                .enableEmbedding()
                .enableFlashAttn()
                .disableLog()
                .setCtxSize(MAX_TOKENS)
                .setBatchSize(MAX_TOKENS)
                .setUbatchSize(MAX_TOKENS)
                .setThreads(1)
                .setThreadsBatch(1));
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    return new Work() {
      @Override
      public long run() {
        vectors();
        return TOKENS_UNKNOWN;
      }

      @Override
      public float[][] vectors() {
        return texts.stream().map(model::embed).toArray(float[][]::new);
      }
    };
  }

  @Override
  public void close() {
    model.close();
  }
}
