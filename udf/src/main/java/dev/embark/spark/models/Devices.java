package dev.embark.spark.models;

import dev.embark.engine.options.DeviceChoice;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaBackend.Device;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the device of a task: the GPU that Spark assigned to it or, if Spark assigned none, the
 * first GPU of the machine, provided that no other executor shares the machine or {@code
 * device=gpu} requires it. Safe for any thread.
 */
final class Devices {
  private static final Logger LOG = LoggerFactory.getLogger(Devices.class);
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private final Hardware hardware;
  private final boolean alone;
  private final List<String> visible;
  private volatile String whyNone; // null until the absence of a GPU is established
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  /**
   * @param alone whether no other executor shares the machine
   * @param environment supplies {@code CUDA_VISIBLE_DEVICES}, which renumbers devices
   */
  Devices(Hardware hardware, boolean alone, Map<String, String> environment) {
    this.hardware = hardware;
    this.alone = alone;
    this.visible = Arrays.asList(environment.getOrDefault(VISIBLE, "").split("\\s*,\\s*"));
  }

  /**
   * The GPU of a task; empty for the CPU.
   *
   * @param assigned addresses of the GPUs that Spark assigned to the task
   * @throws EmbarkException of kind BACKEND if a GPU is required but not available
   */
  Optional<Device> choose(DeviceChoice choice, List<String> assigned) {
    if (choice == DeviceChoice.CPU) {
      return Optional.empty();
    }
    if (choice == DeviceChoice.AUTO && assigned.isEmpty() && !alone) {
      logOnce("Spark assigned no GPU to the task (spark.task.resource.gpu.amount)");
      return Optional.empty();
    }
    List<Device> gpus = whyNone == null ? hardware.gpus() : List.of();
    if (gpus.isEmpty()) {
      if (whyNone == null) {
        whyNone = hardware.whyNoGpu();
      }
      return none(choice, whyNone);
    }
    if (assigned.isEmpty()) {
      return Optional.of(gpus.get(0));
    }
    String address = assigned.get(0);
    Optional<Device> found = at(address, gpus);
    return found.isPresent()
        ? found
        : none(
            choice,
            "Spark assigned the GPU '"
                + address
                + "', but llama.cpp sees "
                + gpus.stream().map(Device::name).toList()
                + "; the discovery script has to give indices as nvidia-smi does");
  }

  private Optional<Device> at(String address, List<Device> gpus) {
    int place = visible.indexOf(address);
    if (place < 0 && address.matches("\\d{1,4}")) {
      place = Integer.parseInt(address);
    }
    if (place >= 0) {
      return place < gpus.size() ? Optional.of(gpus.get(place)) : Optional.empty();
    }
    return gpus.stream().filter(gpu -> gpu.id().equalsIgnoreCase(address)).findFirst();
  }

  private Optional<Device> none(DeviceChoice choice, String why) {
    if (choice == DeviceChoice.GPU) {
      throw new EmbarkException(Kind.BACKEND, "device=gpu, but there is none to use: " + why + ".");
    }
    logOnce(why);
    return Optional.empty();
  }

  private void logOnce(String why) {
    if (logged.add(why)) {
      LOG.info("Embedding on the CPU: {}.", why);
    }
  }
}
