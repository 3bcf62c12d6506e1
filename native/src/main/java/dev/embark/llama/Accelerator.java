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
 * Embark's own backend of ggml, which computes whole encoders, BERT and its descendants, on x86
 * CPUs.
 *
 * <p>It is made for one release of llama.cpp, chooses its instructions when it is opened by the
 * CPU's instruction sets and maker ({@code EMBARK_ACCELERATOR_ISA} forces {@code avx2}, {@code
 * avx512}, {@code avx512_vnni} or {@code avx512_bf16}) and is not there on other machines.
 * Stateless; called under the lock of {@link LlamaBackend}.
 */
public final class Accelerator {
  private static final Logger LOG = LoggerFactory.getLogger(Accelerator.class);
  private static final String BERT = "bert";
  private static final Set<GgufTensorType> WEIGHTS =
      EnumSet.of(GgufTensorType.F32, GgufTensorType.F16, GgufTensorType.BF16, GgufTensorType.Q8_0);
  // What embark_llama.h gives to the accelerator: every layer has one way of attention ...
  private static final List<List<String>> ATTENTION =
      List.of(List.of("attn_q", "attn_k", "attn_v"), List.of("attn_qkv"));
  // ... and these, by architecture.
  private static final Map<String, List<String>> PRODUCTS =
      Map.ofEntries(
          entry(BERT, List.of("attn_output", "ffn_up", "ffn_down")),
          entry("jina-bert-v2", List.of("attn_output", "ffn_up", "ffn_gate", "ffn_down")),
          entry("jina-bert-v3", List.of("attn_output", "ffn_up", "ffn_down")),
          entry("nomic-bert", List.of("attn_output", "ffn_up", "ffn_gate", "ffn_down")),
          entry("modern-bert", List.of("attn_output", "ffn_up", "ffn_down")));

  private Accelerator() {}

  /**
   * Opens it, if this build has it and the machine can run it.
   *
   * @param packed the directory of this build's libraries
   */
  static void open(Path packed) {
    Path library = packed.resolve("libembark-accelerator.so");
    if (Files.exists(library) && Llama.embark_accelerator_load(library.toString())) {
      LOG.info(
          "The accelerator computes encoders with {}{}.",
          kernels(Acceleration.FAST),
          hasInt8() ? ", and for precision=int8 with " + kernels(Acceleration.INT8) : "");
    }
  }

  /**
   * The instructions that are used on this machine, such as {@code AVX-512 BF16}; empty for
   * llama.cpp alone. Two accelerations with the same instructions compute the same.
   *
   * @throws EmbarkException of kind BACKEND when llama.cpp cannot be used on this machine
   */
  public static String kernelsOf(Acceleration acceleration) {
    LlamaBackend.start();
    return kernels(acceleration);
  }

  private static String kernels(Acceleration acceleration) {
    return acceleration == Acceleration.OFF
        ? ""
        : Llama.embark_accelerator_kernels(acceleration.precision());
  }

  /**
   * Names how it packs weights: by its build, with the llama.cpp beside it, and the instructions
   * for these products and, as with INT8 some others have those, for those of FAST.
   */
  public static String packing(Acceleration acceleration) {
    return String.join(
            "-", PackedLibraries.name(), kernels(Acceleration.FAST), kernels(acceleration))
        .replaceAll("[^A-Za-z0-9-]", "_");
  }

  /** Batches whose encoder it computed whole since the process began. */
  static long encoders() {
    return Llama.embark_accelerator_encoders();
  }

  /** What is used for a model of which {@code wanted} was asked. */
  public static Acceleration of(GgufHeader header, ModelOptions wanted) {
    boolean used =
        wanted.device() == ModelOptions.CPU
            && !kernels(wanted.acceleration()).isEmpty()
            && isEncoder(header);
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
      return Optional.of("This CPU has no AVX-512 VNNI for precision=int8");
    }
    String architecture = architecture(header);
    return architecture.equals(BERT)
        ? Optional.empty()
        : Optional.of("How close precision=int8 comes is not known for " + architecture);
  }

  /** Whether this machine multiplies 8-bit integers. */
  static boolean hasInt8() {
    return !kernels(Acceleration.INT8).equals(kernels(Acceleration.FAST));
  }

  private static String architecture(GgufHeader header) {
    return header.get("general.architecture").map(name -> name.value().toString()).orElse("");
  }

  /** Whether all products of its layers are there, in {@link #WEIGHTS}. */
  private static boolean isEncoder(GgufHeader header) {
    String architecture = architecture(header);
    List<String> products = PRODUCTS.get(architecture);
    if (products == null) {
      return false;
    }
    long layers = header.get(architecture + ".block_count").orElseThrow().asLong();
    for (long layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + ".";
      if (!has(header, block, products)
          || ATTENTION.stream().noneMatch(names -> has(header, block, names))) {
        return false;
      }
    }
    return true;
  }

  private static boolean has(GgufHeader header, String block, List<String> products) {
    return products.stream()
        .map(product -> header.tensor(block + product + ".weight"))
        .allMatch(tensor -> tensor.map(GgufTensor::type).filter(WEIGHTS::contains).isPresent());
  }
}
