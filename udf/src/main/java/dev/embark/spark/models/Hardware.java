package dev.embark.spark.models;

import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.llama.Accelerator;
import dev.embark.llama.Gpus;
import dev.embark.llama.LlamaBackend.Device;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.WeightsCache;
import java.nio.file.Path;
import java.util.List;

/** Access to the devices of a machine, replaceable in tests. Safe for any thread. */
public interface Hardware {
  /** The GPUs that llama.cpp can use, in the order of nvidia-smi. */
  List<Device> gpus();

  /** The reason why no GPU is available, as a sentence without its full stop. */
  String whyNoGpu();

  /** As {@link Accelerator#kernelsOf}. */
  String kernels(Acceleration acceleration);

  /** Loads a model onto a device. */
  LlamaModel load(Path file, ModelOptions options, WeightsCache weights);

  /** The hardware of this machine as llama.cpp reports it. */
  Hardware LLAMA =
      new Hardware() {
        @Override
        public List<Device> gpus() {
          return Gpus.list();
        }

        @Override
        public String whyNoGpu() {
          return Gpus.whyNone();
        }

        @Override
        public String kernels(Acceleration acceleration) {
          return Accelerator.kernelsOf(acceleration);
        }

        @Override
        public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
          return ModelLoader.load(file, options, weights);
        }
      };
}
