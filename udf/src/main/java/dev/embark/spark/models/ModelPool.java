package dev.embark.spark.models;

import dev.embark.engine.Acceleration;
import dev.embark.engine.EmbarkException;
import dev.embark.engine.EmbarkException.Kind;
import dev.embark.engine.FunctionOptions;
import dev.embark.engine.LlamaBackend.Device;
import dev.embark.engine.LlamaModel;
import dev.embark.engine.MemoryEstimate;
import dev.embark.engine.ModelOptions;
import dev.embark.store.ModelStore;
import dev.embark.store.cache.StoredModel;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Pool of loaded models, one per content, device and set of CPU kernels. Threads that need a model
 * which is being loaded wait for it; no other thread does. Safe for any thread.
 */
final class ModelPool {
  private final ModelStore store;
  private final Hardware hardware;
  private final MemoryBudget budget;
  private final ConcurrentMap<Key, FutureTask<LoadedModel>> models = new ConcurrentHashMap<>();

  ModelPool(ModelStore store, Hardware hardware, MemoryBudget budget) {
    this.store = store;
    this.hardware = hardware;
    this.budget = budget;
  }

  /**
   * Identity of a loaded model.
   *
   * @param kernels as {@link Acceleration#kernels()}; different precisions use the same kernels on
   *     some machines
   */
  private record Key(String sha256, int device, String kernels) {}

  /**
   * Returns the loaded model of the options and adds a user to it.
   *
   * @param device empty for the CPU
   * @param reclaim frees idle engines
   * @throws EmbarkException if the model cannot be loaded or its memory exceeds the limit
   */
  LoadedModel acquire(
      FunctionOptions options,
      ModelAccess access,
      Optional<Device> device,
      MemoryBudget.Reclaim reclaim) {
    StoredModel file = access.open(options, store);
    boolean kept = false;
    try {
      Key key =
          new Key(
              file.sha256(),
              device.map(Device::index).orElse(ModelOptions.CPU),
              device.isPresent() ? "" : hardware.kernels(options.acceleration()));
      while (true) {
        FutureTask<LoadedModel> loading =
            models.computeIfAbsent(
                key, k -> new FutureTask<>(() -> loadNamed(k, file, options, device, reclaim)));
        loading.run(); // only the first thread runs it
        LoadedModel model = get(key, loading);
        if (model.retain()) {
          kept = model.keeps(file);
          return model;
        }
        models.remove(key, loading);
      }
    } finally {
      if (!kept) {
        file.close();
      }
    }
  }

  private LoadedModel loadNamed(
      Key key,
      StoredModel file,
      FunctionOptions options,
      Optional<Device> device,
      MemoryBudget.Reclaim reclaim) {
    try {
      return load(key, file, options, device, reclaim);
    } catch (EmbarkException e) {
      throw ModelErrors.named(e, file, options.model());
    }
  }

  private LoadedModel load(
      Key key,
      StoredModel file,
      FunctionOptions options,
      Optional<Device> device,
      MemoryBudget.Reclaim reclaim) {
    MemoryEstimate estimate = MemoryEstimate.of(file.path());
    long context = options.engineBytes(estimate, key.device());
    MemoryBudget.Reservation memory =
        budget.reserve(
            "The model " + options.model(),
            device.isPresent() ? 0 : estimate.modelBytes(),
            budget.used() + estimate.modelBytes() + budget.slots() * context,
            reclaim);
    try {
      ModelOptions where =
          device.isPresent()
              ? ModelOptions.gpu(device.get(), file.path(), options)
              : ModelOptions.cpu(options.acceleration());
      LlamaModel model = hardware.load(file.path(), where, store.weights(file));
      return new LoadedModel(file, model, estimate, memory, () -> models.remove(key));
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private LoadedModel get(Key key, FutureTask<LoadedModel> loading) {
    try {
      return loading.get();
    } catch (ExecutionException e) {
      models.remove(key, loading);
      if (e.getCause() instanceof EmbarkException cause) {
        throw new EmbarkException(cause.kind(), cause.getMessage(), cause);
      }
      throw new EmbarkException(
          Kind.MODEL, "The model cannot be loaded: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbarkException(
          Kind.CANCELLED, "The task was interrupted while its model was loading.", e);
    }
  }

  /** Number of models that are loaded or being loaded. */
  int size() {
    return models.size();
  }
}
