package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.llama.NativeHandles;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Makes every class of tests fail that leaves native memory behind; JUnit finds it by itself. */
public final class NothingStaysOpen implements AfterAllCallback {
  @Override
  public void afterAll(ExtensionContext context) {
    assertThat(NativeHandles.open())
        .as("native handles after %s", context.getDisplayName())
        .isZero();
  }
}
