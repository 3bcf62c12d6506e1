package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.ChildJvm;
import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process opens llama.cpp once, so what goes wrong there is tried in processes of its own. */
class LlamaBackendTest {

  @TempDir Path dir;

  /**
   * Opens llama.cpp twice and says on standard output how that went. Moves the first file that is
   * named to the place of the second in between.
   */
  static final class Probe {
    private Probe() {}

    public static void main(String[] args) throws IOException {
      for (int i = 0; i < 2; i++) {
        if (i > 0 && args.length > 0) {
          Files.move(Path.of(args[0]), Path.of(args[1]), StandardCopyOption.REPLACE_EXISTING);
        }
        try {
          System.out.println("opened " + LlamaBackend.start());
        } catch (EmbarkException e) {
          System.out.println(e.kind() + " " + e.getMessage());
        }
      }
    }
  }

  @Test
  void thePackedLibrariesHaveTheCpuAsADevice() {
    assertThat(LlamaBackend.start()).isDirectory().isEqualTo(LlamaBackend.start());
    assertThat(LlamaBackend.devices())
        .anySatisfy(
            device -> {
              assertThat(device.name()).isEqualTo("CPU");
              assertThat(device.gpu()).isFalse();
              assertThat(device.description()).isNotBlank();
            });
  }

  @Test
  void aHomeWithTheSameVersionIsOpened() throws Exception {
    Path lib = copyOfTheLibraries();

    assertThat(probe(dir)).containsExactly("opened " + lib, "opened " + lib);
  }

  private Path copyOfTheLibraries() throws IOException {
    Path lib = Files.createDirectory(dir.resolve("lib"));
    try (Stream<Path> libraries = Files.list(LlamaBackend.start())) {
      for (Path library : libraries.filter(Files::isRegularFile).toList()) {
        Files.copy(library, lib.resolve(library.getFileName()));
      }
    }
    return lib;
  }

  @Test
  void aHomeWithAnotherVersionIsRefusedEachTime() throws Exception {
    compile("libggml-base.so", "");
    compile("libggml.so", "");
    compile("libllama.so", "extern \"C\" const char * llama_version() { return \"0.4.9\"; }");
    String refused =
        "BACKEND " + dir + " holds llama.cpp 0.4.9, and this build of Embark needs 0.5.0.";

    assertThat(probe(dir)).containsExactly(refused, refused);
  }

  @Test
  void aHomeWithoutAVersionIsRefused() throws Exception {
    compile("libggml-base.so", "");
    compile("libggml.so", "");
    compile("libllama.so", "");

    assertThat(probe(dir).get(0))
        .isEqualTo(
            "BACKEND %s holds llama.cpp of an unknown version, and this build of Embark needs 0.5.0.",
            dir);
  }

  @Test
  void aHomeWhoseFilesAreNoLibrariesIsRefused() throws Exception {
    for (String name : List.of("libggml-base.so", "libggml.so", "libllama.so")) {
      Files.writeString(dir.resolve(name), "not a library");
    }

    assertThat(probe(dir).get(0))
        .startsWith("BACKEND The libraries in " + dir + " could not be opened: ")
        .contains("libggml-base.so");
  }

  @Test
  void aCacheThatCannotBeWrittenForAWhileIsTriedAgain() throws Exception {
    Path inTheWay = Files.createFile(dir.resolve(PackedLibraries.name()));
    List<String> out =
        new ChildJvm(Probe.class, Map.of(), List.of("-Dorg.bytedeco.javacpp.cachedir=" + dir))
            .run(inTheWay.toString(), dir.resolve("elsewhere").toString())
            .outOfSuccess();

    assertThat(out)
        .containsExactly(
            "BACKEND The native libraries could not be unpacked into "
                + inTheWay
                + " ("
                + inTheWay
                + " is not a directory); set -Dorg.bytedeco.javacpp.cachedir to a directory that can"
                + " be written.",
            "opened " + inTheWay);
    assertThat(permissions(inTheWay)).isEqualTo("rwx------");
    assertThat(permissions(inTheWay.resolve("libggml-base.so"))).isEqualTo("rw-------");
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void librariesThatWereOpenedAreNotOpenedTwiceWhereTheNextOneFailsOnce() throws Exception {
    Path lib = copyOfTheLibraries();
    Path llama = lib.resolve("libllama.v0.5.0.so");
    Path whole = Files.move(llama, dir.resolve("whole"));
    Files.writeString(llama, "not a library yet");

    List<String> out = probe(dir, whole.toString(), llama.toString());

    assertThat(out.get(0)).startsWith("BACKEND The libraries in " + lib + " could not be opened: ");
    assertThat(out.get(1)).isEqualTo("opened " + lib);
  }

  @Test
  void aCacheThatOthersCanWriteToIsRefused() throws Exception {
    Path cache = Files.createDirectory(dir.resolve("cache"));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
    List<String> out =
        new ChildJvm(Probe.class, Map.of(), List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache))
            .run()
            .outOfSuccess();

    assertThat(out.get(0))
        .startsWith("BACKEND The native libraries are not loaded from " + cache)
        .contains(cache + " has the permissions rwxrwxrwx; set -Dorg.bytedeco.javacpp.cachedir to");
    assertThat(cache).isEmptyDirectory();
  }

  private void compile(String library, String source) throws Exception {
    Path cpp = Files.writeString(dir.resolve(library + ".cpp"), source);
    String output = dir.resolve(library).toString();
    Process compiler =
        new ProcessBuilder("g++", "-shared", "-fPIC", "-o", output, cpp.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(compiler.waitFor()).as(said).isZero();
  }

  private static List<String> probe(Path home, String... moved) throws Exception {
    return new ChildJvm(
            Probe.class, Map.of(NativeLibraries.HOME_VARIABLE, home.toString()), List.of())
        .run(moved)
        .outOfSuccess();
  }
}
