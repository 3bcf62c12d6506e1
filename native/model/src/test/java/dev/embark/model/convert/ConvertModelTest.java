package dev.embark.model.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertModelTest {

  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir Path dir;
  private Path output;
  private Path digest;

  @BeforeEach
  void writeInputs() throws IOException {
    new TinyBert().writeTo(dir.resolve("tiny.onnx"));
    Files.writeString(dir.resolve("tokenizer.json"), TinyBert.TOKENIZER);
    output = dir.resolve("out/tiny.gguf");
    digest = dir.resolve("out/tiny.gguf.sha256");
  }

  @Test
  void theDigestIsThatOfTheModel() throws Exception {
    ConvertModel.main(arguments());

    byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(output));
    assertThat(digest).hasContent(HexFormat.of().formatHex(sha256) + "  tiny.gguf\n");
  }

  @Test
  void theSameInputsGiveTheSameBytes() throws IOException {
    ConvertModel.main(arguments());
    byte[] first = Files.readAllBytes(output);
    Files.delete(output);
    ConvertModel.main(arguments());
    assertThat(output).hasBinaryContent(first);
  }

  @Test
  void nothingIsWrittenWhileAllIsAsBefore() throws IOException {
    ConvertModel.main(arguments());
    Object written = Files.readAttributes(output, "fileKey,lastModifiedTime");

    ConvertModel.main(arguments());

    assertThat(Files.readAttributes(output, "fileKey,lastModifiedTime")).isEqualTo(written);
  }

  @Test
  void aChangedInputArgumentOrOutputIsConvertedAgain() throws IOException {
    ConvertModel.main(arguments());
    byte[] good = Files.readAllBytes(output);

    Files.writeString(output, "damaged");
    ConvertModel.main(arguments());
    assertThat(output).hasBinaryContent(good);

    Files.delete(digest);
    ConvertModel.main(arguments());
    assertThat(digest).exists();

    ConvertModel.main(arguments("--context", "3"));
    assertThat(output.toFile().length()).isLessThan(good.length);

    ConvertModel.main(arguments());
    Files.setLastModifiedTime(output, LONG_AGO);
    Files.setLastModifiedTime(dir.resolve("tiny.onnx"), LONG_AGO);
    ConvertModel.main(arguments());
    assertThat(Files.getLastModifiedTime(output)).isGreaterThan(LONG_AGO);
  }

  @Test
  void aFailedConversionLeavesNoDigest() throws IOException {
    ConvertModel.main(arguments());
    Files.writeString(dir.resolve("tokenizer.json"), "{}");
    assertThatThrownBy(() -> ConvertModel.main(arguments()))
        .isInstanceOf(ConversionException.class);
    assertThat(digest).doesNotExist();
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertThatThrownBy(() -> ConvertModel.main(arguments("--color", "red")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--color");
    assertThatThrownBy(() -> ConvertModel.main(arguments("--context")))
        .hasMessageContaining("--context needs one value");
    assertThatThrownBy(() -> ConvertModel.main(arguments("--context", "many")))
        .hasMessageContaining("--context must be a whole number");
    assertThatThrownBy(() -> ConvertModel.main(arguments("--name", "twice")))
        .hasMessageContaining("--name needs one value");
    assertThatThrownBy(() -> ConvertModel.main(new String[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is missing");
  }

  private String[] arguments(String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--onnx", dir.resolve("tiny.onnx").toString()));
    arguments.addAll(List.of("--tokenizer", dir.resolve("tokenizer.json").toString()));
    arguments.addAll(List.of("--output", output.toString()));
    arguments.addAll(List.of("--stamp", dir.resolve("stamp").toString()));
    arguments.addAll(List.of("--name", "tiny", "--license", "mit", "--heads", "2"));
    arguments.addAll(List.of("--pooling", "mean", "--type", "f16"));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray(new String[0]);
  }
}
