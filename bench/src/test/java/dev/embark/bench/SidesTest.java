package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The list of sides in a checkout where one rival was built, and nothing else. */
class SidesTest {

  @TempDir Path folder;
  private List<SideSpec> sides;
  private Map<String, SideSpec> byName;

  @BeforeEach
  void list() throws IOException {
    Path built = Files.createDirectories(folder.resolve("bench/rivals/onnxruntime/target"));
    Files.writeString(built.resolve("classpath"), "/onnx.jar");
    Path gguf = Files.createFile(folder.resolve("model.gguf"));
    Sides.Places places =
        new Sides.Places(folder.resolve("bench"), folder, gguf, folder.resolve("work"));
    sides =
        new Sides(places, Roof.parse("f32-avx2\t1000\nint16-avx2\t2000\n"))
            .all(OptionalInt.of(20_000), OptionalInt.of(200_000));
    byName = sides.stream().collect(Collectors.toMap(SideSpec::name, Function.identity()));
  }

  @Test
  void sidesHaveTheNamesThatScriptsCheck() {
    assertThat(sides).extracting(SideSpec::name).isEqualTo(Sides.NAMES);
    assertThat(Sides.NAMES).startsWith(Sides.REFERENCE);
  }

  @Test
  void everySideOfARatioIsThere() {
    assertThat(byName.keySet())
        .containsAll(
            Ratio.ALL.stream().flatMap(ratio -> Stream.of(ratio.side(), ratio.to())).toList());
  }

  @Test
  void whatWasNotBuiltIsMissingWithAReasonAndStillListed() {
    assertThat(byName.get("onnxruntime-f32").missing()).isEmpty();
    assertThat(byName.get("onnxruntime-int8").missing()).isEmpty();
    assertThat(byName.get("engine").missing()).isEmpty();
    assertThat(byName.get("spark-nlp").missing()).contains("it could not be built");
    assertThat(byName.get("openvino-f32").missing()).get().asString().contains("openvino.log");
    assertThat(byName.get("raw-llama").missing()).get().asString().contains("raw_llama.log");
  }

  @Test
  void theEngineIsForcedToInstructionsThatThisCpuHas() {
    assertThat(byName.keySet()).containsAll(Sides.OF_OTHER_CPUS);
    assertThat(byName.get("engine-avx2").command())
        .startsWith("env", "EMBARK_ACCELERATOR_ISA=avx2");
    assertThat(byName.get("engine-avx2").missing()).isEmpty();
    assertThat(byName.get("engine-avx512").missing()).contains("this CPU has no avx512");
  }

  @Test
  void aRivalHasItsOwnClassPathAlone() {
    List<String> command = byName.get("onnxruntime-f32").command();
    assertThat(command.get(command.indexOf("-cp") + 1))
        .isEqualTo(folder.resolve("bench/rivals/onnxruntime/target/classes") + ":/onnx.jar");
    assertThat(command).endsWith("all-minilm-l6-v2.onnx");
  }

  @Test
  void onlyOwnSidesInSparkHaveAFixedNumberOfTexts() {
    assertThat(byName.get("job").shortTexts()).hasValue(200_000);
    for (String query : List.of("spark", "spark-one-task", "spark-sum")) {
      assertThat(byName.get(query).shortTexts()).hasValue(20_000);
    }
    assertThat(sides.stream().filter(side -> side.shortTexts().isPresent())).hasSize(4);
  }
}
