package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.llama.Gpus;
import dev.embark.llama.LlamaBackend;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On a machine with a device it has to be found; on any other, what is missing is named. */
class VulkanLibraryTest {
  @Test
  void theLibraryIsUnpackedBesideTheOthers() {
    assertThat(LlamaBackend.start().resolve("libggml-vulkan.so")).isRegularFile();
    assertThat(LlamaBackend.start().resolve("libggml-base.so")).isRegularFile();
  }

  @Test
  void aMachineWithoutItsDriverStillHasTheCpuAndSaysWhichLibraryIsMissing() {
    List<LlamaBackend.Device> gpus = Gpus.list();
    if (gpus.isEmpty()) {
      assertThat(Gpus.whyNone())
          .matches(
              "libggml-vulkan\\.so (needs lib[^ ]+, which is not on this machine: .*|.*finds no device)");
      assertThat(LlamaBackend.devices()).extracting(LlamaBackend.Device::name).contains("CPU");
    } else {
      assertThat(gpus).allMatch(gpu -> gpu.name().startsWith("Vulkan"));
    }
  }
}
