package dev.embark.spark.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.options.DeviceChoice;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.LlamaBackend.Device;
import dev.embark.spark.FakeHardware;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DevicesTest {
  private static final List<String> NONE = List.of();

  @ParameterizedTest
  @EnumSource(
      value = DeviceChoice.class,
      names = {"AUTO", "GPU"})
  void taskUsesTheGpuAssignedBySpark(DeviceChoice choice) {
    Devices devices = devices(4, false, "");
    assertThat(name(devices.choose(choice, List.of("2")))).isEqualTo("CUDA2");
    assertThat(name(devices.choose(choice, List.of("0", "3")))).isEqualTo("CUDA0");
    assertThat(name(devices.choose(choice, List.of("0000:03:00.0")))).isEqualTo("CUDA3");
  }

  @Test
  void resolvesAddressesAmongVisibleDevices() {
    Devices devices = devices(2, false, "5, 7");
    assertThat(name(devices.choose(DeviceChoice.GPU, List.of("7")))).isEqualTo("CUDA1");
    assertThat(name(devices.choose(DeviceChoice.GPU, List.of("5")))).isEqualTo("CUDA0");
  }

  @Test
  void deviceCpuIgnoresGpus() {
    assertThat(devices(2, true, "").choose(DeviceChoice.CPU, List.of("1"))).isEmpty();
  }

  @Test
  void autoUsesAnUnassignedGpuOnlyOnAnExclusiveMachine() {
    assertThat(name(devices(2, true, "").choose(DeviceChoice.AUTO, NONE))).isEqualTo("CUDA0");
    assertThat(devices(2, false, "").choose(DeviceChoice.AUTO, NONE)).isEmpty();
    assertThat(name(devices(2, false, "").choose(DeviceChoice.GPU, NONE))).isEqualTo("CUDA0");
  }

  @Test
  void withoutAGpuAutoFallsBackToTheCpuAndGpuFails() {
    Devices devices = devices(0, true, "");
    assertThat(devices.choose(DeviceChoice.AUTO, NONE)).isEmpty();
    assertThat(devices.choose(DeviceChoice.AUTO, List.of("0"))).isEmpty();
    assertThatThrownBy(() -> devices.choose(DeviceChoice.GPU, NONE))
        .isInstanceOf(EmbarkException.class)
        .hasMessage("device=gpu, but there is none to use: this machine is a fake.");
  }

  @Test
  void unknownAddressIsReported() {
    Devices devices = devices(2, false, "");
    for (String address : List.of("2", "GPU-5ac1", "0000:09:00.0")) {
      assertThatThrownBy(() -> devices.choose(DeviceChoice.GPU, List.of(address)))
          .hasMessageContaining("'" + address + "'")
          .hasMessageContaining("[CUDA0, CUDA1]");
      assertThat(devices.choose(DeviceChoice.AUTO, List.of(address))).isEmpty();
    }
  }

  private static Devices devices(int gpus, boolean alone, String visible) {
    return new Devices(
        new FakeHardware(gpus),
        alone,
        visible.isEmpty() ? Map.of() : Map.of("CUDA_VISIBLE_DEVICES", visible));
  }

  private static String name(Optional<Device> device) {
    return device.orElseThrow().name();
  }
}
