package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.llama.Accelerator;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.store.cache.CacheSpace;
import dev.embark.store.cache.StoredModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several processes that share one cache, like the executors of a node. {@code
 * embark.test.processes} and {@code embark.test.megabytes} scale the test up, as the group {@code
 * models} does.
 */
@Tag("models")
class ProcessesTest {
  private static final int PROCESSES = Integer.getInteger("embark.test.processes", 3);
  private static final int MEGABYTES = Integer.getInteger("embark.test.megabytes", 0);

  @TempDir Path dir;

  /**
   * Opens the hub's file on command, optionally loads it, prints its path, and holds it until
   * commanded to exit.
   */
  static final class Executor {
    private Executor() {}

    public static void main(String[] args) throws IOException {
      System.out.println("started");
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      in.readLine();
      StoreSettings settings =
          StoreSettings.of(
              Path.of(args[0]), Long.parseLong(args[1]), List.of(), false, System.getenv());
      ModelPlaces places = new ModelPlaces(n -> Optional.empty(), new Configuration(false));
      ModelStore store = new ModelStore(settings);
      try (StoredModel model = store.open("hf:org/repo/m.gguf", Optional.empty(), places)) {
        try (LlamaModel loaded =
            Boolean.parseBoolean(args[2])
                ? ModelLoader.load(model.path(), ModelOptions.cpu(), store.weights(model))
                : null) {
          System.out.println(model.path() + " " + model.sha256());
          in.readLine();
        }
      }
    }
  }

  @Test
  void processesShareOneDownloadAndProtectTheCopyInUse() throws Exception {
    byte[] content = model();
    long bytes = content.length;
    List<Process> processes = new ArrayList<>();
    List<BufferedReader> outputs = new ArrayList<>();
    try (HubServer hub = new HubServer(content)) {
      for (int i = 0; i < PROCESSES; i++) {
        Process process = start(hub, bytes, true);
        processes.add(process);
        outputs.add(process.inputReader(StandardCharsets.UTF_8));
      }
      for (BufferedReader output : outputs) {
        assertThat(output.readLine()).isEqualTo("started");
      }
      for (Process process : processes) {
        goOn(process);
      }
      Path copy = dir.resolve("cache").resolve(hub.sha256() + ".gguf");
      for (BufferedReader output : outputs) {
        assertThat(output.readLine()).isEqualTo(copy + " " + hub.sha256());
      }
      assertThat(hub.gets).hasValue(1);
      assertThat(hub.bytesSent).hasValue(bytes);
      List<String> mapped = new ArrayList<>(List.of(copy.toString()));
      if (!Accelerator.kernelsOf(Acceleration.FAST).isEmpty()) {
        mapped.add(weights().toString());
      }
      for (Process process : processes) {
        assertThat(Path.of("/proc/" + process.pid() + "/maps"))
            .content()
            .contains(mapped)
            .doesNotContain("(deleted)");
      }

      // The cache is full; copies in use stay until the processes exit.
      CacheSpace space = new CacheSpace(dir.resolve("cache"), bytes);
      space.makeRoom(java.util.OptionalLong.of(1));
      assertThat(copy).hasSize(bytes);
      for (Process process : processes) {
        goOn(process);
        assertThat(process.waitFor()).isZero();
      }
      space.makeRoom(java.util.OptionalLong.of(1));
      assertThat(copy).doesNotExist();
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  /** Embeds while the model file is overwritten in place, and prints the effect. */
  static final class Overwritten {
    private Overwritten() {}

    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      ModelStore store =
          new ModelStore(
              StoreSettings.of(dir.resolve("cache"), 1L << 30, List.of(), true, Map.of()));
      ModelPlaces places = new ModelPlaces(n -> Optional.empty(), new Configuration(false));
      for (Acceleration acceleration : List.of(Acceleration.OFF, Acceleration.FAST)) {
        Path file = Files.write(dir.resolve(acceleration + ".gguf"), model());
        try (StoredModel stored = store.open(file.toString(), Optional.empty(), places);
            LlamaModel model =
                ModelLoader.load(
                    stored.path(), ModelOptions.cpu(acceleration), store.weights(stored));
            EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults())) {
          String before = embedded(engine);
          try (FileChannel same = FileChannel.open(file, StandardOpenOption.WRITE)) {
            same.truncate(100); // accessing a page beyond the end of a mapped file raises SIGBUS
          }
          String truncated = embedded(engine);
          Files.write(file, new byte[model().length], StandardOpenOption.WRITE);
          System.out.println(
              acceleration
                  + " "
                  + truncated.equals(before)
                  + " "
                  + embedded(engine).equals(before));
        }
      }
    }

    /** Enough words to read many pages of the model. */
    private static String embedded(EmbeddingEngine engine) {
      List<byte[]> texts =
          Stream.of("The cat sat on the mat.", "Zebras quickly jump over lazy xylophones", "1 2 3")
              .map(text -> text.getBytes(StandardCharsets.UTF_8))
              .toList();
      try (RootAllocator allocator = new RootAllocator();
          ListVector out = VectorWriter.newVector("embedding", allocator)) {
        engine.embed(texts, out, () -> false);
        return out.toString();
      }
    }
  }

  @Test
  void overwrittenModelKeepsItsVectorsUntilReloaded() throws Exception {
    Process process = java(Overwritten.class, dir.toString()).start();
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(output.lines()).containsExactly("OFF true true", "FAST true true");
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private Path weights() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
      List<Path> weights = files.filter(file -> file.toString().endsWith(".weights")).toList();
      assertThat(weights).hasSize(1);
      return weights.get(0);
    }
  }

  @Test
  void anotherProcessResumesTheDownloadOfADeadOne() throws Exception {
    try (HubServer hub = new HubServer(1 << 20)) {
      hub.spoil(HubServer.Fault.STALL);
      Process dying = start(hub, 1L << 30, false);
      try {
        goOn(dying);
        Path partial = dir.resolve("cache").resolve(hub.sha256() + ".gguf.part");
        while (!Files.exists(partial) || Files.size(partial) < 1 << 19) {
          Thread.onSpinWait();
        }
      } finally {
        dying.destroyForcibly().waitFor();
      }
      Process next = start(hub, 1L << 30, false);
      try {
        goOn(next);
        BufferedReader output = next.inputReader(StandardCharsets.UTF_8);
        assertThat(output.readLine()).isEqualTo("started");
        assertThat(output.readLine()).endsWith(hub.sha256());
        goOn(next);
        assertThat(next.waitFor()).isZero();
      } finally {
        next.destroyForcibly();
      }
      assertThat(hub.bytesSent).hasValue(1 << 20);
    }
  }

  /** The default model, padded with unused bytes to the requested size. */
  private static byte[] model() throws IOException {
    try (InputStream in =
        ProcessesTest.class.getResourceAsStream("/dev/embark/model/all-MiniLM-L6-v2-f16.gguf")) {
      byte[] model = in.readAllBytes();
      return Arrays.copyOf(model, Math.max(model.length, MEGABYTES << 20));
    }
  }

  private Process start(HubServer hub, long cacheBytes, boolean load) throws IOException {
    ProcessBuilder java =
        java(
            Executor.class,
            dir.resolve("cache").toString(),
            Long.toString(cacheBytes),
            Boolean.toString(load));
    java.environment().putAll(Map.of("HF_ENDPOINT", hub.endpoint().toString()));
    java.environment().remove("HF_HUB_OFFLINE");
    return java.start();
  }

  private ProcessBuilder java(Class<?> main, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + dir.resolve("crash"),
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(dir.resolve("errors").toFile());
  }

  private static void goOn(Process process) throws IOException {
    OutputStream out = process.getOutputStream();
    out.write('\n');
    out.flush();
  }
}
