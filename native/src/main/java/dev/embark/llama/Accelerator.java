package dev.embark.llama;

import static java.util.Map.entry;

import dev.embark.engine.options.Acceleration;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.gguf.GgufHeader;
import dev.embark.gguf.GgufTensor;
import dev.embark.gguf.GgufTensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Embark's own ggml backend, which computes whole encoder models (BERT and its descendants) on x86
 * and ARM64 CPUs.
 *
 * <p>Each build supports exactly one llama.cpp release. When the backend is loaded it selects its
 * kernels by the CPU's instruction sets; {@code EMBARK_ACCELERATOR_ISA} forces {@code avx2}, {@code
 * avx_vnni}, {@code avx512} or {@code avx512_vnni}, on ARM64 {@code neon} or {@code neon_dot}. x86
 * CPUs without AVX2 have no accelerator. Stateless; loaded under the lock of {@link LlamaBackend}.
 */
public final class Accelerator {
  private static final Logger LOG = LoggerFactory.getLogger(Accelerator.class);
  private static final String BERT = "bert";
  private static final Set<GgufTensorType> WEIGHTS =
      EnumSet.of(GgufTensorType.F32, GgufTensorType.F16, GgufTensorType.BF16, GgufTensorType.Q8_0);
  // Layers that embark_llama.h hands to the accelerator have one of these sets of attention weights
  // and the products of their architecture. Keep both in step with that header.
  private static final List<List<String>> ATTENTION =
      List.of(List.of("attn_q", "attn_k", "attn_v"), List.of("attn_qkv"));
  private static final Map<String, List<String>> PRODUCTS =
      Map.ofEntries(
          entry(BERT, List.of("attn_output", "ffn_up", "ffn_down")),
          entry("jina-bert-v2", List.of("attn_output", "ffn_up", "ffn_gate", "ffn_down")),
          entry("jina-bert-v3", List.of("attn_output", "ffn_up", "ffn_down")),
          entry("nomic-bert", List.of("attn_output", "ffn_up", "ffn_gate", "ffn_down")),
          entry("modern-bert", List.of("attn_output", "ffn_up", "ffn_down")));

  private Accelerator() {}

  /**
   * Loads the accelerator if this build has one and the machine supports it.
   *
   * @param packed directory of this build's libraries
   */
  static void open(Path packed) {
    Path library = packed.resolve("libembark-accelerator.so");
    if (Files.exists(library) && Llama.embark_accelerator_load(library.toString())) {
      check(packed);
      LOG.info(
          "The accelerator computes encoders with {}{}.",
          kernels(Acceleration.FAST),
          hasInt8() ? ", and for precision=int8 with " + kernels(Acceleration.INT8) : "");
    }
  }

  /** Lets FAST compute as EXACT if it is slower here, unless the instruction set is forced. */
  private static void check(Path directory) {
    String fast = kernels(Acceleration.FAST);
    if (System.getenv("EMBARK_ACCELERATOR_ISA") == null
        && !fast.equals(kernels(Acceleration.EXACT))
        && SpeedCheck.in(directory).isFastSlower(fast, Llama::embark_accelerator_time_ratio)) {
      Llama.embark_accelerator_use_exact();
      LOG.warn(
          "precision=fast computes with {}, because {} is slower on this CPU.",
          kernels(Acceleration.FAST),
          fast);
    }
  }

  /**
   * Returns the instruction set and the arithmetic used on this machine, such as {@code AVX-512
   * VNNI int16}; empty for plain llama.cpp. Two accelerations with the same name compute the same
   * results.
   *
   * @throws EmbarkException of kind BACKEND when llama.cpp cannot be used on this machine
   */
  public static String kernelsOf(Acceleration acceleration) {
    LlamaBackend.start();
    return kernels(acceleration);
  }

  /** Returns {@link #kernelsOf} a model with the default precision. */
  public static String kernelsFor(GgufHeader header) {
    LlamaBackend.start();
    return kernels(of(header, ModelOptions.cpu(Acceleration.FAST)));
  }

  private static String kernels(Acceleration acceleration) {
    return acceleration == Acceleration.OFF
        ? ""
        : Llama.embark_accelerator_kernels(acceleration.precision());
  }

  /**
   * Returns an identifier of the packed weight format: the build of accelerator and llama.cpp, the
   * kernels of FAST and those of {@code acceleration}. Both are part of the name because some
   * products of an INT8 model use the FAST kernels.
   */
  public static String packing(Acceleration acceleration) {
    return String.join(
            "-", PackedLibraries.name(), kernels(Acceleration.FAST), kernels(acceleration))
        .replaceAll("[^A-Za-z0-9-]", "_");
  }

  /**
   * Returns the number of batches since process start whose encoder the accelerator computed as a
   * whole.
   */
  static long encoders() {
    return Llama.embark_accelerator_encoders();
  }

  /** Returns the acceleration used for a model whose options ask for {@code wanted}. */
  public static Acceleration of(GgufHeader header, ModelOptions wanted) {
    boolean used =
        wanted.device() == ModelOptions.CPU
            && !kernels(wanted.acceleration()).isEmpty()
            && obstacle(header).isEmpty();
    if (!used) {
      return Acceleration.OFF;
    }
    Optional<String> whyNot =
        wanted.acceleration() == Acceleration.INT8 ? whyNotInt8(header) : Optional.empty();
    if (whyNot.isPresent()) {
      LOG.warn("{}; precision=fast is used instead.", whyNot.get());
      return Acceleration.FAST;
    }
    return wanted.acceleration();
  }

  private static Optional<String> whyNotInt8(GgufHeader header) {
    if (!hasInt8()) {
      return Optional.of("This CPU has no AVX-512 VNNI, AVX-VNNI or SDOT for precision=int8");
    }
    String architecture = architecture(header);
    return architecture.equals(BERT)
        ? Optional.empty()
        : Optional.of("How close precision=int8 comes is not known for " + architecture);
  }

  /** Returns whether this machine has kernels for 8-bit integer products. */
  static boolean hasInt8() {
    return !kernels(Acceleration.INT8).equals(kernels(Acceleration.FAST));
  }

  private static String architecture(GgufHeader header) {
    return header.get("general.architecture").map(name -> name.value().toString()).orElse("");
  }

  /**
   * Returns why the accelerator does not compute a model on this CPU, as a clause; empty if it
   * does.
   *
   * @throws EmbarkException of kind BACKEND when llama.cpp cannot be used on this machine
   */
  public static Optional<String> whyNot(GgufHeader header) {
    LlamaBackend.start();
    return kernels(Acceleration.FAST).isEmpty()
        ? Optional.of("there are no kernels for this CPU")
        : obstacle(header);
  }

  /** Returns what keeps a model from being an encoder whose products all have kernels. */
  private static Optional<String> obstacle(GgufHeader header) {
    String architecture = architecture(header);
    List<String> products = PRODUCTS.get(architecture);
    if (products == null) {
      return Optional.of("there are no kernels for " + architecture);
    }
    long layers = header.get(architecture + ".block_count").orElseThrow().asLong();
    for (long layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + ".";
      Optional<String> missing = missing(header, block, products);
      if (missing.isEmpty()
          && ATTENTION.stream().allMatch(names -> missing(header, block, names).isPresent())) {
        missing = missing(header, block, ATTENTION.get(0));
      }
      if (missing.isPresent()) {
        return missing;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> missing(GgufHeader header, String block, List<String> products) {
    for (String product : products) {
      String name = block + product + ".weight";
      Optional<GgufTensorType> type = header.tensor(name).map(GgufTensor::type);
      if (type.isEmpty()) {
        return Optional.of("it has no tensor " + name);
      }
      if (!WEIGHTS.contains(type.get())) {
        return Optional.of(
            name + " is " + type.get() + ", and there are kernels for " + WEIGHTS + " only");
      }
    }
    return Optional.empty();
  }
}
