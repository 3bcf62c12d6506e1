package dev.embark.llama;

import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/** Lists the GPUs that llama.cpp can use and diagnoses why there are none. */
public final class Gpus {
  private static final Pattern LIBRARY = Pattern.compile("libggml-(cuda|vulkan|hip|sycl)\\.so");
  private static final Pattern MISSING = Pattern.compile("(lib[\\w.+-]+\\.so[.\\d]*): cannot open");

  private Gpus() {}

  /**
   * Returns the usable GPUs in driver order, which for CUDA is that of nvidia-smi.
   *
   * @throws EmbarkException of kind BACKEND when llama.cpp cannot be opened
   */
  public static List<LlamaBackend.Device> list() {
    return LlamaBackend.devices().stream().filter(LlamaBackend.Device::gpu).toList();
  }

  /** Returns one sentence that names the missing library, driver or device. */
  public static String whyNone() {
    Path directory = LlamaBackend.start();
    List<Path> libraries = libraries(directory);
    if (libraries.isEmpty()) {
      return "llama.cpp in "
          + directory
          + " has no GPU library: put embark-native-cuda or embark-native-vulkan on the class path,"
          + " or set EMBARK_LLAMA_HOME to a build with libggml-cuda.so or libggml-vulkan.so";
    }
    Path library = libraries.get(0);
    String name = library.getFileName().toString();
    if (Llama.embark_llama_has_backend(backend(name))) {
      return name + " is loaded and its driver is there, but it finds no device";
    }
    try {
      Loader.loadGlobal(library.toString());
    } catch (UnsatisfiedLinkError e) {
      Matcher missing = MISSING.matcher(String.valueOf(e.getMessage()));
      return missing.find()
          ? name + " needs " + missing.group(1) + ", which is not on this machine: " + hint(missing)
          : name + " could not be loaded: " + e.getMessage();
    }
    return name + " was found but is no backend of this llama.cpp, or its driver finds no device";
  }

  private static String hint(Matcher missing) {
    String library = missing.group(1);
    if (library.startsWith("libcudart") || library.startsWith("libcublas")) {
      return "install the CUDA runtime of that version, or put it on LD_LIBRARY_PATH";
    }
    return library.startsWith("libcuda")
        ? "install the NVIDIA driver"
        : "install the driver that brings it";
  }

  /** Returns ggml's name for the backend of a library. */
  private static String backend(String library) {
    Matcher name = LIBRARY.matcher(library);
    if (!name.matches()) {
      throw new IllegalArgumentException(library);
    }
    return switch (name.group(1)) {
      case "cuda" -> "CUDA";
      case "vulkan" -> "Vulkan";
      case "hip" -> "ROCm";
      default -> "SYCL";
    };
  }

  private static List<Path> libraries(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> LIBRARY.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new EmbarkException(
          EmbarkException.Kind.BACKEND,
          "Cannot read the directory " + directory + ": " + e.getMessage(),
          e);
    }
  }
}
