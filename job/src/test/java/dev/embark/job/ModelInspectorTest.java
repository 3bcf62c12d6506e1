package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.job.cli.Cli;
import dev.embark.spark.RenamedModel;
import dev.embark.spark.TinyGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectorTest {
  private final Captured captured = new Captured(false);

  private int inspect(String... arguments) {
    return Cli.of(new ModelInspector(captured.terminal()), captured.terminal()).execute(arguments);
  }

  @Test
  void theBuiltInModelIsDescribedALineForEachFact() {
    assertThat(inspect()).isZero();

    assertThat(captured.outLines())
        .contains("architecture\tbert", "dimensions\t384", "context\t512", "pooling\tmean")
        .anyMatch(line -> line.matches("bytes\t[\\d,]+ \\(\\d+\\.\\d MiB\\)"))
        .anyMatch(line -> line.matches("sha256\t[0-9a-f]{64}"))
        .anyMatch(line -> line.matches("accelerator\t(none|(AVX|NEON).* (int16|f32))"))
        .contains("quantisation\tF16", "function\tembed")
        .anyMatch(line -> line.matches("taskBytes\t[\\d,]+ \\(\\d+\\.\\d MiB\\)"))
        .anyMatch(line -> line.matches("tokensPerSecond\t[\\d,]+"));
    assertThat(captured.err()).isEmpty();
  }

  @Test
  void aDecoderWithoutPoolingIsTriedWithPrompts(@TempDir Path folder) throws Exception {
    assertThat(inspect(TinyGenerator.write(folder).toString())).isZero();

    assertThat(captured.outLines())
        .contains(
            "accelerator\tnone",
            "notAccelerated\tthere are no kernels for llama",
            "chatTemplate\tnone; prompts are continued as they are",
            "function\tgenerate",
            "notEmbedding\tits file names no pooling; set pooling=mean, cls or last to embed")
        .anyMatch(line -> line.matches("tokensPerSecond\t[\\d,]+"));
  }

  @Test
  void whatMayBeWrongIsSaid(@TempDir Path folder) throws Exception {
    String nomic = RenamedModel.write(folder, "nomic-embed-text");
    assertThat(inspect(nomic)).isZero();

    assertThat(captured.outLines())
        .contains(
            "warning\tthe model is cut to fewer dimensions by its authors after a layer norm only,"
                + " which the option dimensions does not compute");
    assertThat(captured.err()).isEmpty();

    Captured json = new Captured(false);
    assertThat(
            Cli.of(new ModelInspector(json.terminal()), json.terminal()).execute("--json", nomic))
        .isZero();
    JsonNode model = new ObjectMapper().readTree(json.out());
    assertThat(model.get("warnings")).singleElement().asString().contains("after a layer norm");
  }

  @Test
  void jsonIsOneObjectWithTheSameFacts() throws Exception {
    assertThat(inspect("--json")).isZero();

    assertThat(captured.outLines()).hasSize(1);
    JsonNode model = new ObjectMapper().readTree(captured.out());
    assertThat(model.get("dimensions").asInt()).isEqualTo(384);
    assertThat(model.get("bytes").asLong()).isGreaterThan(1_000_000);
  }

  @Test
  void aMissingFileIsOneSentence(@TempDir Path folder) {
    assertThat(inspect(folder.resolve("nix.gguf").toString())).isEqualTo(1);

    assertThat(captured.out()).isEmpty();
    assertThat(captured.err().lines()).singleElement().asString().contains("nix.gguf");
  }

  @Test
  void aFolderIsDistinguishedFromAMissingFile(@TempDir Path folder) {
    assertThat(inspect(folder.toString())).isEqualTo(1);

    assertThat(captured.err().lines())
        .singleElement()
        .asString()
        .contains(folder.toString(), "is a directory", ".gguf");
  }

  @Test
  void aFileThatIsNoModelIsOneSentence(@TempDir Path folder) throws Exception {
    Path page = Files.writeString(folder.resolve("page.gguf"), "<!doctype html>");

    assertThat(inspect(page.toString())).isEqualTo(1);
    assertThat(captured.err().lines())
        .singleElement()
        .asString()
        .contains("page.gguf")
        .contains("web page");
  }
}
