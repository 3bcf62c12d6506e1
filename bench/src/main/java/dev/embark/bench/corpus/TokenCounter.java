package dev.embark.bench.corpus;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Counts tokens, so that all sides are credited with the same. Owns its model. */
public final class TokenCounter implements AutoCloseable {
  private static final int WINDOW = 4096;

  private final LlamaModel model;
  private final EmbeddingEngine engine;

  public TokenCounter(Path gguf) {
    model = ModelLoader.load(gguf, ModelOptions.cpu());
    // The smallest context: nothing is computed in it.
    engine = new EmbeddingEngine(model, EmbedOptions.of(Map.of("batchTokens", "1")));
  }

  /** The tokens of a text that the model sees at most. */
  public int maxTokens() {
    return model.trainedContext();
  }

  /** Tokens of each text; more than {@link #maxTokens} for one that would be truncated. */
  public int[] count(List<String> texts) {
    int[] tokens = new int[texts.size()];
    for (int start = 0; start < texts.size(); start += WINDOW) {
      List<byte[]> window =
          texts.subList(start, Math.min(start + WINDOW, texts.size())).stream()
              .map(text -> text.getBytes(StandardCharsets.UTF_8))
              .toList();
      EmbeddedRows rows = engine.countTokens(window);
      for (int row = 0; row < rows.size(); row++) {
        tokens[start + row] = rows.tokens(row) + (rows.isTruncated(row) ? 1 : 0);
      }
    }
    return tokens;
  }

  @Override
  public void close() {
    engine.close();
    model.close();
  }
}
