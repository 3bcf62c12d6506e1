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

/** Where Embark meets the devices of a machine. Safe for any thread. */
public interface Hardware {
  /** The GPUs that llama.cpp can use, in the order of nvidia-smi. */
  List<Device> gpus();

  /** One sentence, without its full stop, on what is missing where there is no GPU. */
  String whyNoGpu();

  /** As {@link Accelerator#kernelsOf}. */
  String kernels(Acceleration acceleration);

  /** Puts a model on a device. */
  LlamaModel load(Path file, ModelOptions options, WeightsCache weights);

  /** This machine, as llama.cpp sees it. */
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
