package dev.embark.spark.models;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.RerankingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.RowOutcomes;
import dev.embark.engine.rows.TextPair;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToIntBiFunction;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;

/**
 * What a function costs with a model on this machine: measured for about a second on the CPU, with
 * one thread.
 *
 * @param function {@code embed}, {@code rerank} or {@code generate}
 * @param taskBytes memory that each Spark task needs in addition to the model, in bytes
 * @param tokensPerSecond embedded, scored or generated; empty if the model cannot do it
 * @param problem why it cannot; empty if it can
 */
public record ModelTrial(
    String function, long taskBytes, OptionalDouble tokensPerSecond, Optional<String> problem) {
  private static final byte[] SENTENCE =
      "The council meets on Tuesday to decide about the new bridge across the river. "
          .getBytes(StandardCharsets.UTF_8);
  private static final double SECONDS = 0.5; // of the window that counts, the last one
  private static final int MOST_ROWS = 4096;
  private static final int FASTER = 8; // times as many rows at most from one window to the next

  /** Embeds. */
  static ModelTrial of(LlamaModel model, EmbedOptions options) {
    try (BufferAllocator allocator = new RootAllocator();
        ListVector vectors = VectorWriter.newVector("embedding", allocator);
        EmbeddingEngine engine = new EmbeddingEngine(model, options)) {
      return measured(
          model,
          options,
          window -> engine.embed(window, vectors, () -> false),
          (rows, row) -> rows.tokens(row));
    } catch (EmbarkException e) {
      return failed(model, options, e);
    }
  }

  /** Scores pairs. */
  static ModelTrial of(LlamaModel model, RerankOptions options) {
    byte[] pair = new TextPair(SENTENCE, SENTENCE).toBytes();
    try (RerankingEngine engine = new RerankingEngine(model, options, ContextMemory.UNLIMITED)) {
      return measured(
          model,
          options,
          window -> engine.score(Collections.nCopies(window.size(), pair), () -> false),
          (rows, row) -> rows.tokens(row));
    } catch (EmbarkException e) {
      return failed(model, options, e);
    }
  }

  /** Generates. */
  static ModelTrial of(LlamaModel model, GenerateOptions options) {
    try (GenerationEngine engine = new GenerationEngine(model, options)) {
      return measured(
          model,
          options,
          window -> engine.generate(window, () -> false),
          (rows, row) -> rows.generatedTokens(row));
    } catch (EmbarkException e) {
      return failed(model, options, e);
    }
  }

  /** Runs ever larger windows until one takes long enough. */
  private static <T extends RowOutcomes> ModelTrial measured(
      LlamaModel model,
      FunctionOptions options,
      Function<List<byte[]>, T> run,
      ToIntBiFunction<T, Integer> tokensOf) {
    T first = run.apply(List.of(SENTENCE)); // allocates, and packs the weights
    if (first.error(0) != null) {
      return failed(model, options, first.error(0));
    }
    int n = 1;
    while (true) {
      long start = System.nanoTime();
      T rows = run.apply(Collections.nCopies(n, SENTENCE));
      double seconds = (System.nanoTime() - start) / 1e9;
      if (seconds >= SECONDS || n == MOST_ROWS) {
        long tokens = 0;
        for (int row = 0; row < n; row++) {
          tokens += tokensOf.applyAsInt(rows, row);
        }
        return new ModelTrial(
            options.function(),
            taskBytes(model, options),
            OptionalDouble.of(tokens / seconds),
            Optional.empty());
      }
      double larger = Math.min(FASTER, Math.max(2, 1.5 * SECONDS / seconds));
      n = (int) Math.min(MOST_ROWS, Math.ceil(n * larger));
    }
  }

  private static ModelTrial failed(
      LlamaModel model, FunctionOptions options, EmbarkException cause) {
    return new ModelTrial(
        options.function(),
        taskBytes(model, options),
        OptionalDouble.empty(),
        Optional.of(cause.getMessage()));
  }

  private static long taskBytes(LlamaModel model, FunctionOptions options) {
    return EngineMemory.bytes(options, MemoryEstimate.of(model.path()), ModelOptions.CPU);
  }
}
