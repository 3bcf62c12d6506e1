package dev.embark.spark;

import dev.embark.engine.LlamaModel;
import dev.embark.engine.MemoryEstimate;
import dev.embark.store.StoredModel;

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
  private final Runnable atEnd;
  private int users;
  private boolean freed;
  private boolean asked;

  /**
   * @param atEnd run once, when it is freed
   */
  LoadedModel(
      StoredModel file,
      LlamaModel model,
      MemoryEstimate estimate,
      MemoryBudget.Reservation memory,
      Runnable atEnd) {
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

  /** Whether it keeps this very file. */
  boolean keeps(StoredModel other) {
    return file == other;
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
    synchronized (this) {
      users--;
      if (users > 0) {
        return;
      }
      freed = true;
    }
    atEnd.run();
    model.close();
    memory.close();
    file.close();
  }
}
