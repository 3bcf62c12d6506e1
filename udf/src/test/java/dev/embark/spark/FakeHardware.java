package dev.embark.spark;

import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.llama.LlamaBackend.Device;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.WeightsCache;
import dev.embark.spark.models.Hardware;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/** Hardware with a configurable number of GPUs, which loads every model on the CPU. */
public class FakeHardware implements Hardware {
  public static final int FIRST_INDEX = 3; // after devices that are not GPUs
  static final long GPU_BYTES = 8L << 30;

  /** The device of each loaded model. */
  public final Queue<ModelOptions> loads = new ConcurrentLinkedQueue<>();

  /** Whether the CPU has separate kernels for each {@link Acceleration}. */
  public boolean everyKernel = true;

  private final int gpus;

  public FakeHardware(int gpus) {
    this.gpus = gpus;
  }

  @Override
  public List<Device> gpus() {
    return IntStream.range(0, gpus)
        .mapToObj(
            i ->
                new Device(
                    FIRST_INDEX + i, "CUDA" + i, "a GPU", true, "0000:0" + i + ":00.0", GPU_BYTES))
        .toList();
  }

  @Override
  public String whyNoGpu() {
    return "this machine is a fake";
  }

  @Override
  public String kernels(Acceleration acceleration) {
    return everyKernel ? acceleration.name() : "the same";
  }

  @Override
  public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
    loads.add(options);
    return ModelLoader.load(file, ModelOptions.cpu(), weights);
  }
}
