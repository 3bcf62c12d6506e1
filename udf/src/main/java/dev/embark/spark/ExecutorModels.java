package dev.embark.spark;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddingEngine;
import dev.embark.engine.LlamaModel;
import dev.embark.engine.ModelOptions;
import dev.embark.store.ModelStore;
import dev.embark.store.StoredModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;

/**
 * The models and engines of this JVM: a model is mapped once and shared by all tasks; an engine
 * belongs to one task at a time and is kept for the next one with the same options.
 *
 * <p>Owns all of them. Safe for any thread. While a model is loading, other tasks that want a model
 * wait, so that it is loaded once.
 */
final class ExecutorModels {
  private static final Map<String, Loaded> MODELS = new HashMap<>(); // by SHA-256
  private static final Map<EmbedOptions, Deque<EmbeddingEngine>> IDLE = new HashMap<>();
  private static int leased;
  private static ModelStore store;

  private ExecutorModels() {}

  /** An engine for one task, given back by {@link #close()}. */
  static final class Lease implements AutoCloseable {
    private final EmbeddingEngine engine;
    private final long loadMillis;
    private boolean open = true;

    private Lease(EmbeddingEngine engine, long loadMillis) {
      this.engine = engine;
      this.loadMillis = loadMillis;
    }

    EmbeddingEngine engine() {
      return engine;
    }

    /** What fetching and mapping the model cost this lease; 0 if it was there. */
    long loadMillis() {
      return loadMillis;
    }

    @Override
    public void close() {
      synchronized (ExecutorModels.class) {
        if (open) {
          open = false;
          leased--;
          engine.cancel(false);
          IDLE.computeIfAbsent(engine.options(), o -> new ArrayDeque<>()).push(engine);
        }
      }
    }
  }

  /**
   * An engine with these options, its model loaded.
   *
   * @throws dev.embark.engine.EmbeddingException when the model cannot be had or used
   */
  static synchronized Lease lease(EmbedOptions options, ModelAccess access) {
    Deque<EmbeddingEngine> idle = IDLE.get(options);
    if (idle != null && !idle.isEmpty()) {
      leased++;
      return new Lease(idle.pop(), 0);
    }
    long start = System.nanoTime();
    StoredModel file = access.open(options, store());
    boolean known = MODELS.containsKey(file.sha256());
    Loaded loaded = MODELS.computeIfAbsent(file.sha256(), hash -> Loaded.of(file));
    if (known) {
      file.close();
    }
    long loadMillis = known ? 0 : (System.nanoTime() - start) / 1_000_000;
    EmbeddingEngine engine = new EmbeddingEngine(loaded.model(), options);
    leased++;
    return new Lease(engine, loadMillis);
  }

  /** The store of this JVM, as the application sets it. */
  static synchronized ModelStore store() {
    if (store == null) {
      SparkConf conf = SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
      store = new ModelStore(ExecutorSettings.of(conf, System.getenv()).store());
    }
    return store;
  }

  private record Loaded(StoredModel file, LlamaModel model) implements AutoCloseable {
    static Loaded of(StoredModel file) {
      try {
        return new Loaded(file, LlamaModel.load(file.path(), ModelOptions.cpu()));
      } catch (RuntimeException e) {
        file.close();
        throw e;
      }
    }

    @Override
    public void close() {
      model.close();
      file.close();
    }
  }

  /** Engines that tasks hold right now. */
  static synchronized int leased() {
    return leased;
  }

  /**
   * Frees every engine and model.
   *
   * @throws IllegalStateException while a task holds an engine
   */
  static synchronized void closeAll() {
    if (leased > 0) {
      throw new IllegalStateException(leased + " engines are in use.");
    }
    List<AutoCloseable> all = new ArrayList<>();
    IDLE.values().forEach(all::addAll);
    IDLE.clear();
    all.addAll(MODELS.values());
    MODELS.clear();
    store = null;
    for (AutoCloseable closeable : all) {
      try {
        closeable.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
