package dev.embark.bench.ours;

import dev.embark.bench.side.Side;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.SharedEncoder;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.llama.Gpus;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * The engine on a GPU as an executor has it: contexts there, fed by all tasks. Its batch is the
 * option {@code batchTokens}; contexts of every batch that it was given stay on the GPU. Arguments:
 * the GGUF file, which of the GPUs, the contexts and the tasks.
 */
public final class GpuSide implements Side {
  private final BufferAllocator allocator = new RootAllocator();
  private final LlamaModel model;
  private final int contexts;
  private final int tasks;
  private final Map<Integer, Fed> byBatch = new HashMap<>();

  /** Contexts and who feeds them. */
  private record Fed(SharedEncoder encoder, EngineTasks tasks) {
    void close() {
      tasks.close();
      encoder.close();
    }
  }

  /** Loads the model onto the GPU. */
  public GpuSide(List<String> arguments) {
    List<LlamaBackend.Device> gpus = Gpus.list();
    int gpu = Integer.parseInt(arguments.get(1));
    if (gpu >= gpus.size()) {
      throw new IllegalArgumentException(
          gpus.isEmpty() ? Gpus.whyNone() : "there is no GPU " + gpu + " but " + gpus);
    }
    model =
        ModelLoader.load(
            Path.of(arguments.get(0)),
            ModelOptions.gpu(gpus.get(gpu).index(), ModelOptions.ALL_LAYERS));
    contexts = Integer.parseInt(arguments.get(2));
    tasks = Integer.parseInt(arguments.get(3));
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    return byBatch.computeIfAbsent(batch, this::feed).tasks().work(texts);
  }

  private Fed feed(int batch) {
    EmbedOptions options = EmbedOptions.of(Map.of("batchTokens", Integer.toString(batch)));
    SharedEncoder encoder = SharedEncoder.open(model, Pooling.MODEL, batch, contexts);
    List<EmbeddingEngine> engines = new ArrayList<>();
    try {
      for (int i = 0; i < tasks; i++) {
        engines.add(new EmbeddingEngine(model, options, encoder));
      }
    } catch (RuntimeException e) {
      engines.forEach(EmbeddingEngine::close);
      encoder.close(); // the next batch needs its memory
      throw e;
    }
    return new Fed(encoder, new EngineTasks(allocator, engines));
  }

  @Override
  public void close() {
    byBatch.values().forEach(Fed::close);
    model.close();
    allocator.close();
  }
}
