package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.embark.llama.Gpus;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips a class of tests where there is no device of Vulkan; where {@code embark.gpu.required} is
 * set, it fails.
 */
final class VulkanDevice implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    if (!Boolean.getBoolean("embark.gpu.required")) {
      assumeFalse(Gpus.list().isEmpty(), "no device of Vulkan here");
    }
    assertThat(Gpus.list()).isNotEmpty();
  }
}
