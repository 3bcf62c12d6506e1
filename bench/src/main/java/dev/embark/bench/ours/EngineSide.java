package dev.embark.bench.ours;

import dev.embark.bench.side.Side;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
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
 * The engine without Spark: a thread and a context for each share of the texts, one model.
 * Arguments: the GGUF file, the threads, and options of embed as {@code key=value}.
 */
public final class EngineSide implements Side {
  private final BufferAllocator allocator = new RootAllocator();
  private final LlamaModel model;
  private final EngineTasks tasks;

  /** Loads the model and makes an engine for each thread. */
  public EngineSide(List<String> arguments) {
    Map<String, String> options = new HashMap<>();
    for (String option : arguments.subList(2, arguments.size())) {
      String[] keyAndValue = option.split("=", 2);
      options.put(keyAndValue[0], keyAndValue[1]);
    }
    EmbedOptions all = EmbedOptions.of(options);
    model = ModelLoader.load(Path.of(arguments.get(0)), ModelOptions.cpu(all.acceleration()));
    List<EmbeddingEngine> engines = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(arguments.get(1)); i++) {
      engines.add(new EmbeddingEngine(model, all));
    }
    tasks = new EngineTasks(allocator, engines);
  }

  @Override
  public Work prepare(String name, List<String> texts, int batch) {
    return tasks.work(texts);
  }

  @Override
  public void close() {
    tasks.close();
    model.close();
    allocator.close();
  }
}
