package dev.embark.spark.models;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.Engine;
import dev.embark.llama.LlamaBackend.Device;
import dev.embark.llama.ModelOptions;
import dev.embark.engine.rows.EmbarkException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engines, each with a context of its own or on those that a model shares, leased to one task at a
 * time and kept for the next one with the same options and device. An engine that nobody wants for
 * a while is freed, and its model with the last engine of it; both at once when their memory is
 * needed. Owns them all. Safe for any thread.
 */
public final class EnginePool {
  private static final Logger LOG = LoggerFactory.getLogger(EnginePool.class);

  private final ModelPool models;
  private final Devices devices;
  private final MemoryBudget budget;
  private final boolean sharedContext;
  private final LongSupplier clock;
  private final Deque<Idle> idle = new ArrayDeque<>(); // the one used last comes first
  private int leased; // those that are still being made among them
  private boolean retired;

  /**
   * @param sharedContext whether tasks share contexts on the CPU; on a GPU they always do
   * @param clock in nanoseconds, as {@link System#nanoTime}
   */
  EnginePool(
      ModelPool models,
      Devices devices,
      MemoryBudget budget,
      boolean sharedContext,
      LongSupplier clock) {
    this.models = models;
    this.devices = devices;
    this.budget = budget;
    this.sharedContext = sharedContext;
    this.clock = clock;
  }

  private record Key(FunctionOptions options, int device) {}

  private record Pooled(
      Key key, Engine engine, LoadedModel model, MemoryBudget.Reservation memory) {
    void free() {
      try {
        Closing.all(engine, memory, model::release);
      } catch (RuntimeException | Error e) {
        // Whoever frees an idle engine has other work, which must go on.
        LOG.warn(
            "An engine of {} could not be freed as a whole: {}",
            key.options().model(),
            e.toString());
      }
    }
  }

  private record Idle(Pooled engine, long since) {}

  /** An engine for one task, given back by {@link #close()}. */
  public final class Lease implements AutoCloseable {
    private final Pooled pooled;
    private final long loadMillis;
    private boolean open = true;

    private Lease(Pooled pooled, long loadMillis) {
      this.pooled = pooled;
      this.loadMillis = loadMillis;
    }

    public Engine engine() {
      return pooled.engine();
    }

    /** What fetching and loading the model cost this lease; 0 if it was there. */
    public long loadMillis() {
      return loadMillis;
    }

    @Override
    public void close() {
      synchronized (EnginePool.this) {
        if (!open) {
          return;
        }
        open = false;
        leased--;
        if (!retired) {
          pooled.engine().cancel(false);
          idle.push(new Idle(pooled, clock.getAsLong()));
          return;
        }
      }
      pooled.free();
    }
  }

  /**
   * An engine with these options, its model loaded.
   *
   * @param gpus addresses that Spark assigned
   * @throws EmbarkException when the model or the device cannot be had
   */
  Lease lease(FunctionOptions options, ModelAccess access, List<String> gpus) {
    Optional<Device> device = devices.choose(options.device(), gpus);
    Key key = new Key(options, device.map(Device::index).orElse(ModelOptions.CPU));
    Optional<Pooled> there = takeIdle(key);
    if (there.isPresent()) {
      return new Lease(there.get(), 0);
    }
    try {
      long start = System.nanoTime();
      LoadedModel model = models.acquire(options, access, device, this::freeLongestIdle);
      long loadMillis = model.isNew() ? (System.nanoTime() - start) / 1_000_000 : 0;
      return new Lease(open(key, model), loadMillis);
    } catch (RuntimeException | Error e) {
      synchronized (this) {
        leased--;
      }
      throw e;
    }
  }

  private Pooled open(Key key, LoadedModel model) {
    try {
      return openOrRelease(key, model);
    } catch (EmbarkException e) {
      throw model.named(e, key.options().model());
    }
  }

  private Pooled openOrRelease(Key key, LoadedModel model) {
    boolean onGpu = key.device() != ModelOptions.CPU;
    MemoryBudget.Reservation memory = null;
    try {
      Engine engine;
      if (key.options() instanceof GenerateOptions generate) {
        // What it keeps of its rows is its own, so it shares a context with nobody.
        memory = onGpu ? budget.none() : reserve(key, model, 1);
        engine = new GenerationEngine(model.model(), generate);
      } else if (onGpu || sharedContext) {
        int contexts = onGpu ? 1 : budget.slots();
        memory = budget.none();
        EmbedOptions embed = (EmbedOptions) key.options();
        engine =
            new EmbeddingEngine(
                model.model(),
                embed,
                model.shared(
                    embed,
                    contexts,
                    () -> reserve(key, model, contexts),
                    // Its thread must not free the model that it computes for.
                    reserved -> growing(key, model, reserved, () -> false)));
      } else {
        memory = reserve(key, model, 1);
        engine =
            new EmbeddingEngine(
                model.model(),
                (EmbedOptions) key.options(),
                growing(key, model, memory, this::freeLongestIdle));
      }
      return new Pooled(key, engine, model, memory);
    } catch (RuntimeException | Error e) {
      if (memory != null) {
        memory.close();
      }
      model.release();
      throw e;
    }
  }

  private MemoryBudget.Reservation reserve(Key key, LoadedModel model, int contexts) {
    int tokens = EngineMemory.tokens(key.options(), key.device());
    long context = EngineMemory.bytes(key.options(), model.estimate(), key.device());
    return budget.reserve(
        (contexts == 1 ? "A context of " : contexts + " contexts of ") + tokensFor(key, tokens),
        contexts * context,
        budget.used() + Math.max(contexts, budget.slots() - leased() + 1) * context,
        this::freeLongestIdle);
  }

  /** What a context claims that is made larger, beyond what was reserved for the usual one. */
  private ContextMemory growing(
      Key key, LoadedModel model, MemoryBudget.Reservation memory, MemoryBudget.Reclaim reclaim) {
    long usual = EngineMemory.bytes(key.options(), model.estimate(), key.device());
    return new ContextMemory() {
      private long claimed = usual;

      @Override
      public void claim(int tokens) {
        long more = model.estimate().contextBytes(tokens, key.device()) - claimed;
        memory.add(
            "A longer text, a context of " + tokensFor(key, tokens) + " instead of the usual one,",
            more,
            budget.used() + budget.slots() * more,
            reclaim);
        claimed += more;
      }
    };
  }

  private static String tokensFor(Key key, int tokens) {
    return tokens + " tokens for " + key.options().model();
  }

  /** An engine that is there; from now on one is leased, whether it is there or has to be made. */
  private synchronized Optional<Pooled> takeIdle(Key key) {
    leased++;
    for (Iterator<Idle> each = idle.iterator(); each.hasNext(); ) {
      Pooled engine = each.next().engine();
      if (engine.key().equals(key)) {
        each.remove();
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

  /** Engines that tasks hold right now, or have asked for. */
  synchronized int leased() {
    return leased;
  }

  /** Engines that wait for a task. */
  synchronized int idle() {
    return idle.size();
  }

  /** Frees what is idle, and from now on each engine as soon as its task gives it back. */
  void retire() {
    synchronized (this) {
      retired = true;
    }
    freeAllIdle();
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
    freeAllIdle();
  }

  private void freeAllIdle() {
    while (freeLongestIdle()) {
      // One after the other.
    }
  }
}
