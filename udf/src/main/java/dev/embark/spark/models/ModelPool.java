package dev.embark.spark.models;

import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.model.MemoryEstimate;
import dev.embark.engine.options.FunctionOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaBackend.Device;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.store.ModelStore;
import dev.embark.store.cache.StoredModel;
import dev.embark.store.file.SharedWork;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/**
 * Pool of loaded models, one per content, device and set of CPU kernels. Threads that need a model
 * which is being loaded wait for it; no other thread does. If the task of the loading thread is
 * killed, one of the waiting threads loads the model. Safe for any thread.
 */
final class ModelPool {
  private final ModelStore store;
  private final Hardware hardware;
  private final MemoryBudget budget;
  private final SharedWork<Key, LoadedModel> models = new SharedWork<>();

  ModelPool(ModelStore store, Hardware hardware, MemoryBudget budget) {
    this.store = store;
    this.hardware = hardware;
    this.budget = budget;
  }

  /**
   * Identity of a loaded model.
   *
   * @param kernels as {@link Accelerator#kernelsOf}; different precisions use the same kernels on
   *     some machines
   * @param keepsLayout of the options; false on a GPU
   */
  private record Key(String sha256, int device, String kernels, boolean keepsLayout) {}

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
              device.isPresent() ? "" : hardware.kernels(options.acceleration()),
              device.isEmpty() && options.keepsLayout());
      while (true) {
        LoadedModel model = get(key, () -> loadNamed(key, file, options, device, reclaim));
        if (model.retain()) {
          kept = model.keeps(file);
          return model;
        }
        models.remove(key, model);
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
    long context = EngineMemory.bytes(options, estimate, key.device());
    MemoryBudget.Reservation memory =
        budget.reserve(
            "The model " + options.model(),
            device.isPresent() ? 0 : estimate.modelBytes(),
            budget.used() + estimate.modelBytes() + budget.slots() * context,
            reclaim);
    try {
      ModelOptions where =
          device.isPresent()
              ? EngineMemory.onGpu(device.get(), file.path(), options)
              : ModelOptions.cpu(options.acceleration(), options.keepsLayout());
      LlamaModel model = hardware.load(file.path(), where, store.weights(file));
      return new LoadedModel(file, model, estimate, memory, loaded -> models.remove(key, loaded));
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private LoadedModel get(Key key, Callable<LoadedModel> load) {
    try {
      return models.get(key, load);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof EmbarkException cause) {
        throw cause.again();
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
