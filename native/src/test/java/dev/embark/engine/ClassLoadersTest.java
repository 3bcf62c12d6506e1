package dev.embark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.llama.LlamaBackend;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The JVM lets one class loader have a JNI library, and platforms give each session or each added
 * jar a loader of its own.
 */
class ClassLoadersTest {
  @TempDir private Path temp;

  @Test
  void everyClassLoaderHasAnEngineAndAllHaveOneLlamaCpp() throws Exception {
    Path gguf = TinyModel.wordPiece(temp);
    float[] here = new Probe(gguf).call();
    for (int i = 0; i < 2; i++) {
      try (URLClassLoader loader = newLoader()) {
        assertThat(inside(loader, gguf)).isEqualTo(here);
      }
    }
    assertThat(mapped("libllama.")).hasSize(1);
    assertThat(LlamaBackend.devices())
        .extracting(LlamaBackend.Device::name)
        .doesNotHaveDuplicates();
    assertThat(mapped("libggml-base")).hasSize(1);
  }

  @Test
  void aClassLoaderThatIsGoneTakesNothingFromTheOthers() throws Exception {
    Path gguf = TinyModel.wordPiece(temp);
    float[] here = new Probe(gguf).call();
    try (URLClassLoader loader = newLoader()) {
      inside(loader, gguf);
    }
    System.gc(); // may unload what that loader had loaded
    // llama.cpp logs while it loads a model, to whoever asked last.
    assertThat(new Probe(gguf).call()).isEqualTo(here);
  }

  /** What runs in each loader; public, as it is made by reflection. */
  public static final class Probe implements Callable<float[]> {
    private final Path gguf;

    /** Embeds with the model of a file. */
    public Probe(Path gguf) {
      this.gguf = gguf;
    }

    @Override
    public float[] call() {
      LlamaBackend.start();
      try (RootAllocator allocator = new RootAllocator();
          LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu());
          EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults())) {
        return Embedded.of(engine, allocator, "the cat").vector(0);
      }
    }
  }

  private static float[] inside(ClassLoader loader, Path gguf) throws Exception {
    Class<?> probe = loader.loadClass(Probe.class.getName());
    assertThat(probe).isNotSameAs(Probe.class);
    return (float[]) ((Callable<?>) probe.getConstructor(Path.class).newInstance(gguf)).call();
  }

  /** A loader with all that this test runs on, which shares nothing but the JDK's classes. */
  private static URLClassLoader newLoader() throws IOException {
    List<URL> urls = new ArrayList<>();
    for (String entry :
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            .split(File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
  }

  private static List<String> mapped(String library) throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.map(line -> line.replaceFirst("^[^/]*", ""))
          .filter(path -> Path.of(path).getFileName() != null)
          .filter(path -> path.contains("/" + library))
          .distinct()
          .toList();
    }
  }
}
