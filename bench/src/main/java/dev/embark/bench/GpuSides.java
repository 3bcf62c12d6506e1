package dev.embark.bench;

import dev.embark.bench.ours.EngineSide;
import dev.embark.bench.ours.GpuSide;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All sides of the comparison on a GPU and how each is started.
 *
 * @param java starts those in Java
 * @param gguf the model
 * @param gpu which of those that llama.cpp finds
 * @param tasks that feed the contexts
 */
record GpuSides(JavaCommand java, Path gguf, int gpu, int tasks) {
  /** The side whose vectors all others are compared with. */
  static final String REFERENCE = "cpu-exact";

  private static final String CPU = "cpu";
  private static final String RIVAL = "sentence-transformers";
  private static final Integer[] RIVAL_BATCHES = {32, 128, 512, 2048}; // texts

  /**
   * Makes the list, the reference first.
   *
   * @param contexts how many on the GPU, a side for each number
   * @param budgets tokens of a native batch, each measured
   * @param rival starts sentence-transformers
   */
  List<SideSpec> all(List<Integer> contexts, List<Integer> budgets, List<String> rival) {
    List<SideSpec> sides = new ArrayList<>();
    sides.add(cpu(REFERENCE, 1, "precision=exact"));
    sides.add(cpu(CPU, tasks, "precision=fast"));
    for (int count : contexts) {
      sides.add(
          SideSpec.of(
                  name(count),
                  "Embark's engine on the GPU, contexts: %d, tasks that feed them: %d"
                      .formatted(count, tasks),
                  java.of(
                      GpuSide.class,
                      List.of(
                          gguf.toString(),
                          Integer.toString(gpu),
                          Integer.toString(count),
                          Integer.toString(tasks))))
              .withEachBatch(budgets));
    }
    sides.add(
        SideSpec.of(
                RIVAL, "sentence-transformers on the GPU in fp16, its best batch of texts", rival)
            .withBatches(RIVAL_BATCHES));
    return sides;
  }

  private SideSpec cpu(String name, int threads, String option) {
    return SideSpec.of(
        name,
        "Embark's engine on the CPU, %s, threads: %d".formatted(option, threads),
        java.of(EngineSide.class, List.of(gguf.toString(), Integer.toString(threads), option)));
  }

  /** Whether a side is Embark's on the GPU. */
  static boolean isOurs(String side) {
    return side.startsWith("gpu-");
  }

  private static String name(int contexts) {
    return "gpu-" + contexts + (contexts == 1 ? "-context" : "-contexts");
  }

  /** Ratios that the report shows, for each side on the GPU with its best batch. */
  static List<Ratio> ratios(List<Integer> contexts) {
    List<Ratio> ratios = new ArrayList<>();
    for (String to : List.of(RIVAL, CPU)) {
      for (int count : contexts) {
        ratios.add(
            new Ratio(
                name(count) + "/" + to, name(count), to, Ratio.Measure.WALL, Optional.empty()));
      }
    }
    return ratios;
  }
}
