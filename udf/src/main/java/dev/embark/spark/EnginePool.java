package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddingEngine;
import dev.embark.engine.LlamaBackend.Device;
import dev.embark.engine.ModelOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Engines, leased to one task at a time and kept for the next one with the same options and device.
 * An engine that nobody wants for a while is freed, and its model with the last engine of it; both
 * at once when their memory is needed. Owns them all. Safe for any thread.
 */
final class EnginePool {
  private final ModelPool models;
  private final Devices devices;
  private final MemoryBudget budget;
  private final LongSupplier clock;
  private final Deque<Idle> idle = new ArrayDeque<>(); // the one used last comes first
  private int leased;

  /**
   * @param clock in nanoseconds, as {@link System#nanoTime}
   */
  EnginePool(ModelPool models, Devices devices, MemoryBudget budget, LongSupplier clock) {
    this.models = models;
    this.devices = devices;
    this.budget = budget;
    this.clock = clock;
  }

  private record Key(EmbedOptions options, int device) {}

  private record Pooled(
      Key key, EmbeddingEngine engine, LoadedModel model, MemoryBudget.Reservation memory) {
    void free() {
      engine.close();
      memory.close();
      model.release();
    }
  }

  private record Idle(Pooled engine, long since) {}

  /** An engine for one task, given back by {@link #close()}. */
  final class Lease implements AutoCloseable {
    private final Pooled pooled;
    private final long loadMillis;
    private boolean open = true;

    private Lease(Pooled pooled, long loadMillis) {
      this.pooled = pooled;
      this.loadMillis = loadMillis;
    }

    EmbeddingEngine engine() {
      return pooled.engine();
    }

    /** What fetching and loading the model cost this lease; 0 if it was there. */
    long loadMillis() {
      return loadMillis;
    }

    @Override
    public void close() {
      synchronized (EnginePool.this) {
        if (open) {
          open = false;
          leased--;
          pooled.engine().cancel(false);
          idle.push(new Idle(pooled, clock.getAsLong()));
        }
      }
    }
  }

  /**
   * An engine with these options, its model loaded.
   *
   * @param gpus addresses that Spark assigned
   * @throws dev.embark.engine.EmbeddingException when the model or the device cannot be had
   */
  Lease lease(EmbedOptions options, ModelAccess access, List<String> gpus) {
    Optional<Device> device = devices.choose(options.device(), gpus);
    Key key = new Key(options, device.map(Device::index).orElse(ModelOptions.CPU));
    Optional<Pooled> there = takeIdle(key);
    if (there.isPresent()) {
      return new Lease(there.get(), 0);
    }
    long start = System.nanoTime();
    LoadedModel model = models.acquire(options, access, device, this::freeLongestIdle);
    long loadMillis = model.isNew() ? (System.nanoTime() - start) / 1_000_000 : 0;
    Pooled made = open(key, model);
    synchronized (this) {
      leased++;
    }
    return new Lease(made, loadMillis);
  }

  private Pooled open(Key key, LoadedModel model) {
    int tokens = EmbeddingEngine.batchTokens(key.options(), key.device());
    long context = model.estimate().contextBytes(tokens);
    MemoryBudget.Reservation memory = null;
    try {
      memory =
          budget.reserve(
              "A context of " + tokens + " tokens for " + key.options().model(),
              context,
              budget.used() + Math.max(1, budget.slots() - leased()) * context,
              this::freeLongestIdle);
      return new Pooled(key, new EmbeddingEngine(model.model(), key.options()), model, memory);
    } catch (RuntimeException e) {
      if (memory != null) {
        memory.close();
      }
      model.release();
      throw e;
    }
  }

  private synchronized Optional<Pooled> takeIdle(Key key) {
    for (Iterator<Idle> each = idle.iterator(); each.hasNext(); ) {
      Pooled engine = each.next().engine();
      if (engine.key().equals(key)) {
        each.remove();
        leased++;
        return Optional.of(engine);
      }
    }
    return Optional.empty();
  }

  private boolean freeLongestIdle() {
    Idle longest;
    synchronized (this) {
      longest = idle.pollLast();
    }
    if (longest != null) {
      longest.engine().free();
    }
    return longest != null;
  }

  /** Frees what nobody has wanted for so long. */
  void freeIdleFor(Duration time) {
    List<Idle> old = new ArrayList<>();
    synchronized (this) {
      long now = clock.getAsLong();
      while (!idle.isEmpty() && now - idle.peekLast().since() >= time.toNanos()) {
        old.add(idle.pollLast());
      }
    }
    old.forEach(engine -> engine.engine().free());
  }

  /** Engines that tasks hold right now. */
  synchronized int leased() {
    return leased;
  }

  /** Engines that wait for a task. */
  synchronized int idle() {
    return idle.size();
  }

  /**
   * Frees every engine and model.
   *
   * @throws IllegalStateException while a task holds an engine
   */
  void freeAll() {
    if (leased() > 0) {
      throw new IllegalStateException(leased() + " engines are in use.");
    }
    while (freeLongestIdle()) {
      // One after the other.
    }
  }
}
