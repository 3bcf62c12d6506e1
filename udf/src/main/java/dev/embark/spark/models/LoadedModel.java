package dev.embark.spark.models;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.embed.SharedEncoder;
import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.LlamaModel;
import dev.embark.store.cache.StoredModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A model loaded on a device, shared by the engines of this JVM and freed with the last one.
 *
 * <p>Owns the native model, the lease of its file and its memory reservation. Safe for any thread.
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
  private boolean used;

  private record SharedKey(Pooling pooling, int batchTokens) {}

  private record Shared(SharedEncoder encoder, MemoryBudget.Reservation memory)
      implements AutoCloseable {
    @Override
    public void close() {
      Closing.all(encoder, memory);
    }
  }

  /**
   * @param atEnd runs once before the model is freed, while no thread can {@link #retain} it; must
   *     not block
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

  /** Whether this model owns the given file. */
  boolean keeps(StoredModel other) {
    return file == other;
  }

  /**
   * Returns the contexts of this model that all tasks share. The first caller creates them; they
   * are freed with the model.
   *
   * @param batchTokens tokens per native batch
   * @param contexts number of contexts
   * @param reserve reserves their memory
   * @param growing creates the reservation by which one context grows
   */
  SharedEncoder shared(
      Pooling pooling,
      int batchTokens,
      int contexts,
      Supplier<MemoryBudget.Reservation> reserve,
      Function<MemoryBudget.Reservation, ContextMemory> growing) {
    SharedKey key = new SharedKey(pooling, batchTokens);
    // Locking this object could deadlock: reserving memory may free other models while their users
    // wait here.
    synchronized (shared) {
      Shared existing = shared.get(key);
      if (existing == null) {
        MemoryBudget.Reservation taken = reserve.get();
        try {
          List<ContextMemory> memory =
              Stream.generate(() -> growing.apply(taken)).limit(contexts).toList();
          existing =
              new Shared(
                  SharedEncoder.open(model, key.pooling(), key.batchTokens(), memory), taken);
        } catch (RuntimeException | Error e) {
          taken.close();
          throw e;
        }
        shared.put(key, existing);
      }
      return existing.encoder();
    }
  }

  /** Adds a user; false if the model is already freed. */
  synchronized boolean retain() {
    if (!freed) {
      users++;
    }
    return !freed;
  }

  /** True only for the first call. */
  synchronized boolean isNew() {
    boolean first = !used;
    used = true;
    return first;
  }

  /** Removes a user and frees the model with the last one. */
  void release() {
    boolean last = true; // frees the model even if leave() fails
    try {
      last = leave();
    } finally {
      if (last) {
        Closing.all(
            () -> Closing.all(shared.values().toArray(AutoCloseable[]::new)), model, memory, file);
      }
    }
  }

  /** Removes a user; true for the last one, after removing the model from the pool. */
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
