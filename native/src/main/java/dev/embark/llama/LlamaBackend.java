package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The llama.cpp libraries of this process: opened once and never closed, because ggml backends
 * cannot be unloaded.
 *
 * <p>Every other class of this package uses {@link Llama} only after {@link #start()}. Thread-safe.
 */
public final class LlamaBackend {
  /** The llama.cpp release that the binding is compiled against. */
  public static final String VERSION = "0.5.0";

  // Must match LlamaPreset.
  private static final String BINDING = "jniEmbarkLlama";

  private static final Logger LOG = LoggerFactory.getLogger(LlamaBackend.class);

  // llama.cpp libraries in load order. None is opened twice: a second file of the same name would
  // load a second ggml, which aborts the process.
  private static final List<Path> OPENED = new ArrayList<>();

  private static Path started;
  private static String wrongVersion;

  private LlamaBackend() {}

  /**
   * A device that can hold a model.
   *
   * @param index position among all llama.cpp devices
   * @param id bus address if the backend reports one, else empty
   * @param freeBytes free device memory at the time of listing
   */
  public record Device(
      int index, String name, String description, boolean gpu, String id, long freeBytes) {}

  /**
   * Opens llama.cpp unless it is already open. A failure is not cached: the next call tries again,
   * since a full disk, for example, may have space by then.
   *
   * @return the directory of the loaded libraries
   * @throws EmbarkException of kind BACKEND when this machine cannot run llama.cpp; on every call
   *     once {@code EMBARK_LLAMA_HOME} turned out to hold another version
   */
  public static synchronized Path start() {
    if (wrongVersion != null) {
      // The wrong version is loaded and cannot be replaced.
      throw new EmbarkException(Kind.BACKEND, wrongVersion);
    }
    if (started == null) {
      started = open(System.getenv(NativeLibraries.HOME_VARIABLE));
    }
    return started;
  }

  /** Returns all devices, including the CPU. */
  public static List<Device> devices() {
    start();
    List<Device> devices = new ArrayList<>();
    for (int i = 0; i < Llama.embark_llama_device_count(); i++) {
      devices.add(
          new Device(
              i,
              string(Llama.embark_llama_device_name(i)),
              string(Llama.embark_llama_device_description(i)),
              Llama.embark_llama_device_is_gpu(i),
              string(Llama.embark_llama_device_id(i)),
              Llama.embark_llama_device_free(i)));
    }
    return devices;
  }

  private static Path open(String home) {
    // JavaCPP refuses allocations once the resident size of the process exceeds a multiple of -Xmx.
    // A mapped model counts towards that size, and this package frees its allocations itself.
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Path packed = PackedLibraries.directory(); // checks JavaCPP's cache before the first load
    Path directory = OPENED.isEmpty() ? NativeLibraries.directory(home) : OPENED.get(0).getParent();
    try {
      Loader.load(Loader.class);
      for (Path library : NativeLibraries.inLoadOrder(directory)) {
        if (!OPENED.contains(library)) {
          Loader.loadGlobal(library.toString());
          OPENED.add(library);
        }
      }
      loadBinding(packed.resolve(System.mapLibraryName(BINDING)));
    } catch (UnsatisfiedLinkError e) {
      throw NativeLibraries.explain(directory, e);
    }
    String version = string(Llama.embark_llama_version());
    // Untagged builds report 0.5.0-dev.
    if (!version.replaceFirst("-.*", "").equals(VERSION)) {
      wrongVersion =
          directory
              + " holds llama.cpp "
              + (version.isEmpty() ? "of an unknown version" : version)
              + ", and this build of Embark needs "
              + VERSION
              + ".";
      throw new EmbarkException(Kind.BACKEND, wrongVersion);
    }
    Llama.embark_llama_start(directory.toString());
    LOG.info("llama.cpp {} from {}", version, directory);
    // The accelerator reads internal ggml structures, whose layout may differ in another build.
    if (directory.equals(packed)) {
      Accelerator.open(packed);
    }
    return directory;
  }

  /**
   * Loads the JNI library of exactly this build, before the class {@link Llama} searches for one.
   * If another class loader holds the library, this loader gets a copy, because the JVM binds a
   * library file to one class loader. Both share the same llama.cpp, which is not loaded through
   * the JVM.
   */
  private static void loadBinding(Path library) {
    try {
      loadBindingOf(library);
    } catch (UnsatisfiedLinkError e) {
      if (!isOfAnotherLoader(e)) {
        throw e;
      }
      loadCopy(library);
    }
  }

  private static void loadCopy(Path library) {
    try {
      Path directory = Files.createTempDirectory("embark");
      Path copy = Files.copy(library, directory.resolve(library.getFileName()));
      try {
        loadBindingOf(copy);
      } finally {
        // The mapping outlives the files.
        Files.delete(copy);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new EmbarkException(
          Kind.BACKEND,
          "Another class loader of this JVM has Embark's native library, and it could not be copied"
              + " for this one: "
              + e,
          e);
    }
  }

  private static void loadBindingOf(Path library) {
    try {
      Loader.loadLibrary(LlamaBackend.class, new URL[] {library.toUri().toURL()}, BINDING);
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e); // a path of the default file system is always a URL
    }
  }

  /**
   * Returns whether another class loader holds the library; the JVM reports that only in the
   * message.
   */
  private static boolean isOfAnotherLoader(UnsatisfiedLinkError error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).contains("already loaded in another classloader")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns llama.cpp's last error log of this thread as one line, or {@code otherwise} if it is
   * empty.
   */
  public static String reason(String otherwise) {
    String log = string(Llama.embark_llama_log()).strip();
    return log.isEmpty() ? otherwise : log.replaceAll("\\s*\\n\\s*", "; ");
  }

  static String string(BytePointer pointer) {
    return pointer == null ? "" : pointer.getString(StandardCharsets.UTF_8);
  }
}
