package dev.embark.spark.models;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.embed.SharedEncoder;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.llama.LlamaModel;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.store.cache.StoredModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A model on a device, shared by the engines of this JVM and freed with the last of them.
 *
 * <p>Owns the model, its file's copy and its memory. Safe for any thread.
 */
final class LoadedModel {
  private final StoredModel file;
  private final LlamaModel model;
  private final MemoryEstimate estimate;
  private final MemoryBudget.Reservation memory;
  private final Consumer<LoadedModel> atEnd;
  private final Map<SharedKey, Shared> shared = new HashMap<>();
  private int users;
  private boolean freed;
  private boolean asked;

  private record SharedKey(Pooling pooling, int batchTokens) {}

  private record Shared(SharedEncoder encoder, MemoryBudget.Reservation memory)
      implements AutoCloseable {
    @Override
    public void close() {
      Closing.all(encoder, memory);
    }
  }

  /**
   * @param atEnd called with this model once, before it is freed and while nobody can {@link
   *     #retain} it; must not wait
   */
  LoadedModel(
      StoredModel file,
      LlamaModel model,
      MemoryEstimate estimate,
      MemoryBudget.Reservation memory,
      Consumer<LoadedModel> atEnd) {
    this.file = file;
    this.model = model;
    this.estimate = estimate;
    this.memory = memory;
    this.atEnd = atEnd;
  }

  LlamaModel model() {
    return model;
  }

  MemoryEstimate estimate() {
    return estimate;
  }

  /**
   * An error of this model that names it as its user does.
   *
   * @param uri as an option names the model
   */
  EmbarkException named(EmbarkException e, String uri) {
    return ModelErrors.named(e, file, uri);
  }

  /** Whether it keeps this very file. */
  boolean keeps(StoredModel other) {
    return file == other;
  }

  /**
   * Contexts of this model that all tasks share; made for the first who asks, freed with the model.
   *
   * @param contexts how many there are to be
   * @param reserve takes their memory
   * @param growing what one of them claims more of it
   */
  SharedEncoder shared(
      EmbedOptions options,
      int contexts,
      Supplier<MemoryBudget.Reservation> reserve,
      Function<MemoryBudget.Reservation, ContextMemory> growing) {
    SharedKey key =
        new SharedKey(
            options.pooling(), EngineMemory.batchTokens(options, model.options().device()));
    // Not on this object: taking memory may free other models, whose users may be here.
    synchronized (shared) {
      Shared there = shared.get(key);
      if (there == null) {
        MemoryBudget.Reservation taken = reserve.get();
        try {
          List<ContextMemory> memory =
              Stream.generate(() -> growing.apply(taken)).limit(contexts).toList();
          there =
              new Shared(
                  SharedEncoder.open(model, key.pooling(), key.batchTokens(), memory), taken);
        } catch (RuntimeException | Error e) {
          taken.close();
          throw e;
        }
        shared.put(key, there);
      }
      return there.encoder();
    }
  }

  /** Counts one more user; false when it is freed already. */
  synchronized boolean retain() {
    if (!freed) {
      users++;
    }
    return !freed;
  }

  /** True the first time. */
  synchronized boolean isNew() {
    boolean first = !asked;
    asked = true;
    return first;
  }

  /** Counts one user less, and frees it with the last. */
  void release() {
    boolean last = true; // also if leaving fails
    try {
      last = leave();
    } finally {
      if (last) {
        Closing.all(
            () -> Closing.all(shared.values().toArray(AutoCloseable[]::new)), model, memory, file);
      }
    }
  }

  /** Whether this was the last user. The model is removed from the pool before it is freed. */
  private synchronized boolean leave() {
    users--;
    if (users > 0) {
      return false;
    }
    freed = true;
    atEnd.accept(this);
    return true;
  }
}
