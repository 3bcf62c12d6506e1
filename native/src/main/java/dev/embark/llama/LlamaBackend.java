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
 * llama.cpp in this process: opened once, never closed, since ggml's backends cannot be unloaded.
 *
 * <p>Every other class of this package reaches {@link Llama} only after {@link #start()}. Safe for
 * any thread.
 */
public final class LlamaBackend {
  /** The llama.cpp release that the binding was compiled for. */
  public static final String VERSION = "0.5.0";

  // As LlamaPreset names it.
  private static final String BINDING = "jniEmbarkLlama";

  private static final Logger LOG = LoggerFactory.getLogger(LlamaBackend.class);

  // llama.cpp's, in the order in which they were opened. None is opened twice: another file under
  // the same name would be a second ggml, which ends the process.
  private static final List<Path> OPENED = new ArrayList<>();

  private static Path started;
  private static EmbarkException wrongVersion;

  private LlamaBackend() {}

  /**
   * A device that a model can be put on.
   *
   * @param index counts all devices of llama.cpp
   * @param id the address on its bus where the backend tells it, else empty
   * @param freeBytes of its memory, when it was listed
   */
  public record Device(
      int index, String name, String description, boolean gpu, String id, long freeBytes) {}

  /**
   * Opens llama.cpp, if that was not done yet. A failure is not kept: the next call tries again, as
   * a disk may have room by then.
   *
   * @return the directory its libraries were taken from
   * @throws EmbarkException of kind BACKEND when this machine cannot run it; the same on every call
   *     when {@code EMBARK_LLAMA_HOME} holds another version
   */
  public static synchronized Path start() {
    if (wrongVersion != null) {
      throw wrongVersion; // it is in the process now, and another one cannot be opened
    }
    if (started == null) {
      started = open(System.getenv(NativeLibraries.HOME_VARIABLE));
    }
    return started;
  }

  /** The devices there are, the CPU among them. */
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
    // JavaCPP refuses allocations once the process is larger than a multiple of -Xmx. A mapped
    // model counts towards that size, and this package frees what it allocates by itself.
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    Path packed = PackedLibraries.directory(); // checks JavaCPP's cache before a library is loaded
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
    // Builds that are not tagged call themselves 0.5.0-dev.
    if (!version.replaceFirst("-.*", "").equals(VERSION)) {
      wrongVersion =
          new EmbarkException(
              Kind.BACKEND,
              directory
                  + " holds llama.cpp "
                  + (version.isEmpty() ? "of an unknown version" : version)
                  + ", and this build of Embark needs "
                  + VERSION
                  + ".");
      throw wrongVersion;
    }
    Llama.embark_llama_start(directory.toString());
    LOG.info("llama.cpp {} from {}", version, directory);
    // The accelerator reads ggml's own structures, which another build may have changed.
    if (directory.equals(packed)) {
      Accelerator.open(packed);
    }
    return directory;
  }

  /**
   * Loads the JNI library of this very build, before the class {@link Llama} looks for one. Where
   * another class loader has it, this one gets a copy: the JVM gives a file to one loader only. The
   * llama.cpp under both is the same, since that is not the JVM's.
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
        // What is mapped stays.
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
      throw new IllegalStateException(e); // a path of the default file system is a URL
    }
  }

  /** The JVM tells it in words only. */
  private static boolean isOfAnotherLoader(UnsatisfiedLinkError error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).contains("already loaded in another classloader")) {
        return true;
      }
    }
    return false;
  }

  /** What llama.cpp logged as its error on this thread, on one line. */
  public static String reason(String otherwise) {
    String log = string(Llama.embark_llama_log()).strip();
    return log.isEmpty() ? otherwise : log.replaceAll("\\s*\\n\\s*", "; ");
  }

  static String string(BytePointer pointer) {
    return pointer == null ? "" : pointer.getString(StandardCharsets.UTF_8);
  }
}
