package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

class GpusTest {
  @Test
  void withoutAGpuLibraryItIsSaidWhichArtifactsHaveOne() {
    assumeTrue(Gpus.list().isEmpty(), "this machine has a GPU");
    assertThat(Gpus.whyNone())
        .contains(LlamaBackend.start().toString())
        .contains("embark-native-cuda")
        .contains("embark-native-vulkan")
        .contains("EMBARK_LLAMA_HOME");
  }

  @Test
  void theCpuIsADeviceButNoGpu() {
    assertThat(LlamaBackend.devices()).isNotEmpty();
    assertThat(Gpus.list()).noneMatch(device -> device.name().equals("CPU"));
  }
}
