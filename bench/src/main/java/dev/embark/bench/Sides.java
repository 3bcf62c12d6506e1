package dev.embark.bench;

import dev.embark.bench.ours.EngineSide;
import dev.embark.bench.ours.JobSide;
import dev.embark.bench.ours.SparkSide;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** All sides of the comparison on CPUs and how each is started. */
final class Sides {
  /** The side whose vectors all others are compared with. */
  static final String REFERENCE = "onnxruntime-f32";

  /** Names of the sides, the reference first. */
  static final List<String> NAMES =
      List.of(
          REFERENCE,
          "onnxruntime-int8",
          "openvino-f32",
          "openvino-int8",
          "raw-llama",
          "raw-llama-bf16",
          "engine",
          "plain-engine",
          "engine-exact",
          "engine-int8",
          "engine-avx512",
          "engine-avx2",
          "engine-exact-avx2",
          "engine-int8-avx2",
          "two-engines",
          "java-llama",
          "spark",
          "spark-one-task",
          "spark-sum",
          "job",
          "langchain4j-spark",
          "spark-nlp");

  /** The engine with the kernels of other CPUs; only measured if asked for. */
  static final List<String> OF_OTHER_CPUS =
      List.of("engine-avx512", "engine-avx2", "engine-exact-avx2", "engine-int8-avx2");

  private static final int CORES = 2;
  // Planning, files and commits of a query weigh less in a longer round.
  private static final double SPARK_EFFORT = 4;
  // Its start and end are 11 % of a round of 6 s (bench/results, 2026-11-28 and 2026-11-29).
  private static final double JOB_EFFORT = 12;
  private static final Integer[] LLAMA_BATCHES = {128, 256, 512}; // tokens
  private static final Integer[] ONNX_BATCHES = {4, 8, 16, 32}; // texts
  private static final String RIVAL = "dev.embark.bench.rival.";

  // Tokenizers in Rust and OpenMP have a thread pool in addition to the calling thread.
  private static final List<String> ONE_THREAD =
      List.of("env", "RAYON_NUM_THREADS=1", "TOKENIZERS_PARALLELISM=false", "OMP_NUM_THREADS=1");

  private final Places places;
  private final Roof roof;
  private final Rivals rivals;
  private final JavaCommand java;

  /**
   * Locations of models and tools.
   *
   * @param bench the folder of this module, built
   * @param llama the folder of llama.cpp's release, with {@code lib/}
   * @param gguf the default model as shipped
   * @param work for files of the sides
   */
  record Places(Path bench, Path llama, Path gguf, Path work) {}

  /**
   * Starts nothing yet.
   *
   * @param roof of this machine, which says what it can multiply
   */
  Sides(Places places, Roof roof) {
    this.places = places;
    this.roof = roof;
    this.rivals =
        new Rivals(places.bench().resolve("rivals"), places.bench().resolve("target/rivals.log"));
    this.java = new JavaCommand(target("java.args"), places.work());
  }

  /**
   * Makes the list, the reference first.
   *
   * @param sparkTexts how many short texts Embark's queries embed in a round; empty for as many as
   *     fill it
   * @param jobTexts the same of the job
   */
  List<SideSpec> all(OptionalInt sparkTexts, OptionalInt jobTexts) throws IOException {
    List<SideSpec> sides = new ArrayList<>();
    sides.add(onnxRuntime(REFERENCE, "f32", "all-minilm-l6-v2.onnx"));
    sides.add(onnxRuntime("onnxruntime-int8", "int8", "all-minilm-l6-v2-q.onnx"));
    sides.add(openVino("f32"));
    sides.add(openVino("int8"));
    sides.add(rawLlama("raw-llama", "F16", places.gguf()));
    sides.add(rawLlama("raw-llama-bf16", "BF16", target("model-bf16.gguf")));
    sides.add(engine("engine", "with its defaults", 1, Map.of()).multiplying(roof.kindOfFast()));
    sides.add(plainEngine());
    sides.add(
        engine("engine-exact", "precision=exact", 1, Map.of("precision", "exact"))
            .multiplying("f32"));
    sides.add(
        engine("engine-int8", "precision=int8", 1, Map.of("precision", "int8"))
            .multiplying("int8"));
    sides.add(forced("engine-avx512", "avx512", "fast", "f32"));
    sides.add(forced("engine-avx2", "avx2", "fast", "int16-avx2"));
    sides.add(forced("engine-exact-avx2", "avx2", "exact", "f32-avx2"));
    sides.add(forced("engine-int8-avx2", "avx2", "int8", "int8-avx2"));
    sides.add(engine("two-engines", "with its defaults", CORES, Map.of()));
    sides.add(
        rival(
            "java-llama",
            "java-llama.cpp, F16, one thread, one call a text",
            "java-llama",
            "JavaLlamaSide",
            places.gguf().toString()));
    sides.add(
        spark("spark", SparkSide.class, "embed(), rows thrown away", CORES, "rows")
            .withShortTexts(sparkTexts));
    sides.add(
        spark("spark-one-task", SparkSide.class, "embed(), rows thrown away", 1, "rows")
            .only(Comparison.SHORT)
            .withShortTexts(sparkTexts));
    sides.add(
        spark("spark-sum", SparkSide.class, "sum(embed(text)[0])", 1, "sum")
            .only(Comparison.SHORT)
            .withShortTexts(sparkTexts));
    sides.add(
        spark("job", JobSide.class, "the whole job, Parquet to Parquet", CORES)
            .withEffort(JOB_EFFORT)
            .withShortTexts(jobTexts));
    sides.add(
        sparkRival(
            "langchain4j-spark",
            "langchain4j's in-process model in mapPartitions; its tokenizer cuts texts off at 128"
                + " tokens, and it is credited with all",
            "langchain4j",
            "LangChain4jSide"));
    sides.add(
        sparkRival(
            "spark-nlp",
            "Spark NLP's ONNX annotator for E5 with MiniLM's graph, on a Spark 3.5; its vectors"
                + " change with the padding of their batch; AutoGGUFEmbeddings is not measured, as"
                + " its jsl-llamacpp-cpu_2.12 0.1.4 did not resolve",
            "spark-nlp",
            "SparkNlpSide"));
    return sides;
  }

  private SideSpec onnxRuntime(String name, String type, String graph) throws IOException {
    return rival(
            name,
            "ONNX Runtime, " + type + ", one thread, sorted by length, its best batch of texts",
            "onnxruntime",
            "OnnxRuntimeSide",
            graph)
        .withBatches(ONNX_BATCHES)
        .multiplying(type);
  }

  private SideSpec openVino(String type) throws IOException {
    Path python = target("openvino/bin/python");
    Path script = places.bench().resolve("rivals/openvino/side.py");
    Optional<String> missing =
        Files.exists(target("openvino/complete"))
            ? rivals.missing("onnxruntime").map(why -> "the graph of onnxruntime-f32 is missing")
            : Optional.of("it could not be installed; see " + target("openvino.log"));
    List<String> command =
        missing.isPresent()
            ? List.of()
            : List.of(
                python.toString(),
                script.toString(),
                type,
                rivals.extract("onnxruntime", "all-minilm-l6-v2.onnx", places.work()).toString(),
                rivals
                    .extract("onnxruntime", "all-minilm-l6-v2-tokenizer.json", places.work())
                    .toString());
    return SideSpec.of(
            "openvino-" + type,
            "OpenVINO, "
                + (type.equals("int8") ? "int8 by NNCF" : type)
                + ", one thread, sorted by length, its best batch of texts",
            oneThread(command))
        .withBatches(ONNX_BATCHES)
        .missingBecause(missing)
        .multiplying(type);
  }

  private SideSpec rawLlama(String name, String type, Path gguf) {
    Path program = target("raw_llama");
    Path libraries = places.llama().resolve("lib");
    return SideSpec.of(
            name,
            "llama.cpp's C API, " + type + ", one thread, input order, its best batch of tokens",
            List.of(program.toString(), libraries.toString(), gguf.toString()))
        .withBatches(LLAMA_BATCHES)
        .missingBecause(
            Files.exists(program) && Files.exists(gguf)
                ? Optional.empty()
                : Optional.of("it could not be built; see " + target("raw_llama.log")));
  }

  private SideSpec engine(String name, String what, int threads, Map<String, String> options) {
    List<String> arguments = new ArrayList<>();
    arguments.add(places.gguf().toString());
    arguments.add(Integer.toString(threads));
    options.forEach((key, value) -> arguments.add(key + "=" + value));
    return SideSpec.of(
            name,
            "Embark's engine " + what + ", threads: " + threads,
            oneThread(java.of(EngineSide.class, arguments)))
        .missingBecause(refusal(options));
  }

  /** The engine with the kernels of another instruction set than the best of this machine. */
  private SideSpec forced(String name, String isa, String precision, String kind) {
    SideSpec side =
        engine(
            name,
            "precision=" + precision + ", on a CPU with " + isa,
            1,
            Map.of("precision", precision));
    List<String> command = new ArrayList<>(List.of("env", "EMBARK_ACCELERATOR_ISA=" + isa));
    command.addAll(side.command());
    SideSpec forced = side.startedBy(command).multiplying(kind);
    return side.missing().isPresent() || roof.operations().containsKey(kind)
        ? forced
        : forced.missingBecause(Optional.of("this CPU has no " + isa));
  }

  /** The engine without its accelerator, which a build that has none is already. */
  private SideSpec plainEngine() {
    Map<String, String> off = Map.of("accelerator", "off");
    return engine(
        "plain-engine", "without accelerator", 1, refusal(off).isEmpty() ? off : Map.of());
  }

  /** Why this build cannot be asked for options; empty if it can. */
  private static Optional<String> refusal(Map<String, String> options) {
    try {
      EmbedOptions.of(options);
      return Optional.empty();
    } catch (EmbarkException e) {
      return Optional.of(e.getMessage());
    }
  }

  private SideSpec spark(String name, Class<?> side, String what, int cores, String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.add(places.work().resolve(name).toString());
    arguments.add(Integer.toString(cores));
    arguments.addAll(List.of(more));
    return SideSpec.of(
            name, what + ", in Spark local[" + cores + "]", oneThread(java.of(side, arguments)))
        .withEffort(SPARK_EFFORT);
  }

  private SideSpec rival(String name, String what, String module, String side, String... arguments)
      throws IOException {
    Optional<String> missing = rivals.missing(module);
    String classPath = missing.isPresent() ? "" : rivals.classPath(module);
    return SideSpec.of(name, what, oneThread(java.of(classPath, RIVAL + side, List.of(arguments))))
        .missingBecause(missing);
  }

  private SideSpec sparkRival(String name, String what, String module, String side)
      throws IOException {
    return rival(
            name,
            what + ", in Spark local[" + CORES + "]",
            module,
            side,
            places.work().resolve(name).toString(),
            Integer.toString(CORES))
        .withEffort(SPARK_EFFORT);
  }

  private static List<String> oneThread(List<String> command) {
    return Stream.concat(ONE_THREAD.stream(), command.stream()).toList();
  }

  private Path target(String file) {
    return places.bench().resolve("target").resolve(file);
  }
}
