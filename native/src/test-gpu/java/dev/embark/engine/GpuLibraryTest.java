package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.llama.Gpus;
import dev.embark.llama.LlamaBackend;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The GPU library of this module is found next to the others, with or without a device. */
class GpuLibraryTest {
  /** {@code CUDA} or {@code Vulkan}, with which the names of its devices begin. */
  private static final String API = System.getProperty("embark.gpu.api");

  private static final String LIBRARY = "libggml-" + API.toLowerCase(Locale.ROOT) + ".so";

  @Test
  void libraryIsUnpackedNextToTheOthers() {
    assertThat(LlamaBackend.start().resolve(LIBRARY)).isRegularFile();
    assertThat(LlamaBackend.start().resolve("libggml-base.so")).isRegularFile();
  }

  @Test
  void withoutADriverTheCpuIsUsedAndTheMissingLibraryIsNamed() {
    List<LlamaBackend.Device> gpus = Gpus.list();
    if (gpus.isEmpty()) {
      assertThat(Gpus.whyNone())
          .matches(
              LIBRARY.replace(".", "\\.")
                  + " (needs lib[^ ]+, which is not on this machine: .*|.*finds no device)");
      assertThat(LlamaBackend.devices()).extracting(LlamaBackend.Device::name).contains("CPU");
    } else {
      assertThat(gpus).allMatch(gpu -> gpu.name().startsWith(API));
    }
  }
}
