package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MachineTest {

  @Test
  void theProcessorIsNamedWithTheInstructionSetsThatMatter() {
    assertThat(
            Machine.processor(
                List.of(
                    "model name\t: A Processor",
                    "flags\t\t: fpu avx2 avx512f avx512_bf16 avx512_bitalg",
                    "",
                    "model name\t: Another")))
        .isEqualTo("A Processor (avx2 avx512f avx512_bf16)");
  }

  @Test
  void aProcessorWithoutANameIsNamedByItsArchitecture() {
    assertThat(Machine.processor(List.of("BogoMIPS\t: 50")))
        .isEqualTo(System.getProperty("os.arch"));
  }
}
