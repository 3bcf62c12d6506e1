package dev.embark.spark.models;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.RerankingEngine;
import dev.embark.engine.embed.SharedEncoder;
import dev.embark.engine.generate.ClassificationEngine;
import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.options.GenerateOption;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.Engine;
import dev.embark.llama.LlamaBackend.Device;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.spark.schema.AnswerSchema;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pool of engines, each leased to one task at a time and kept for later tasks with the same options
 * and device. An engine has its own context or uses the shared contexts of its model. An engine
 * that stays idle is freed, and a model with its last engine; both are freed earlier if their
 * memory is needed. Owns all engines. Safe for any thread.
 */
public final class EnginePool {
  private static final Logger LOG = LoggerFactory.getLogger(EnginePool.class);

  private final ModelPool models;
  private final Devices devices;
  private final MemoryBudget budget;
  private final boolean sharedContext;
  private final LongSupplier clock;
  private final Deque<Idle> idle = new ArrayDeque<>(); // most recently used first
  private int leased; // includes engines that are being created
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
        // The caller frees idle engines on behalf of another task and must go on.
        LOG.warn(
            "An engine of {} could not be freed completely: {}",
            key.options().model(),
            e.toString());
      }
    }
  }

  private record Idle(Pooled engine, long since) {}

  /** Lease of an engine by one task; {@link #close()} returns the engine to the pool. */
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

    /**
     * Time that this lease spent to fetch and load the model, in milliseconds; 0 if the model was
     * loaded.
     */
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
   * Leases an engine with a loaded model.
   *
   * @param gpus addresses of the GPUs that Spark assigned
   * @throws dev.embark.engine.rows.EmbarkException if the model cannot be loaded or the device is
   *     not available
   */
  Lease lease(FunctionOptions options, ModelAccess access, List<String> gpus) {
    Optional<Device> device = devices.choose(options.device(), gpus);
    Key key = new Key(options, device.map(Device::index).orElse(ModelOptions.CPU));
    Optional<Pooled> idleEngine = takeIdle(key);
    if (idleEngine.isPresent()) {
      return new Lease(idleEngine.get(), 0);
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
      LlamaModel loaded = model.model();
      Engine engine;
      if (key.options() instanceof GenerateOptions generate) {
        // The context holds the state of this engine's sequences, so it cannot be shared.
        memory = onGpu ? budget.none() : reserve(key, model, 1);
        engine = new GenerationEngine(loaded, withGrammar(generate));
      } else if (key.options() instanceof ClassifyOptions classify) {
        memory = onGpu ? budget.none() : reserve(key, model, 1);
        engine = new ClassificationEngine(loaded, classify);
      } else if (onGpu || sharedContext) {
        int contexts = onGpu ? 1 : budget.slots();
        memory = budget.none();
        SharedEncoder shared =
            model.shared(
                key.options() instanceof EmbedOptions embed ? embed.pooling() : Pooling.RANK,
                EngineMemory.batchTokens(key.options(), key.device()),
                contexts,
                () -> reserve(key, model, contexts),
                // The thread of a shared context must not free the model that it uses.
                reserved -> growing(key, model, reserved, () -> false));
        engine =
            key.options() instanceof RerankOptions rerank
                ? new RerankingEngine(loaded, rerank, shared)
                : new EmbeddingEngine(loaded, (EmbedOptions) key.options(), shared);
      } else {
        memory = reserve(key, model, 1);
        ContextMemory growing = growing(key, model, memory, this::freeLongestIdle);
        engine =
            key.options() instanceof RerankOptions rerank
                ? new RerankingEngine(loaded, rerank, growing)
                : new EmbeddingEngine(loaded, (EmbedOptions) key.options(), growing);
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

  /** Options whose schema became a grammar, which the engine reads. */
  private static GenerateOptions withGrammar(GenerateOptions options) {
    return AnswerSchema.of(options)
        .map(schema -> options.with(Map.of(GenerateOption.GRAMMAR.key(), schema.grammar())))
        .orElse(options);
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

  /** Reserves the memory by which a context grows beyond its usual size. */
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

  /**
   * Takes an idle engine, if there is one. Counts a lease in either case, since the caller creates
   * an engine otherwise.
   */
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

  /** Frees engines that have been idle for at least this time. */
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

  /** Number of engines that tasks hold or are waiting for. */
  synchronized int leased() {
    return leased;
  }

  /** Number of idle engines. */
  synchronized int idle() {
    return idle.size();
  }

  /** Frees idle engines now, and every leased engine as soon as its task returns it. */
  void retire() {
    synchronized (this) {
      retired = true;
    }
    freeAllIdle();
  }

  /**
   * Frees every engine and model.
   *
   * @throws IllegalStateException if a task holds an engine
   */
  void freeAll() {
    if (leased() > 0) {
      throw new IllegalStateException(leased() + " engines are in use.");
    }
    freeAllIdle();
  }

  private void freeAllIdle() {
    while (freeLongestIdle()) {
      // frees one engine per iteration
    }
  }
}
