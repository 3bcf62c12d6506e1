package dev.embark.bench.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import dev.embark.bench.Machine;
import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Embark's engine as a side of {@code bench/generate.sh}: answers prompts, and writes the answers,
 * the number of their tokens and the CPU seconds of this process as JSON.
 */
final class GenerationSide {
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private GenerationSide() {}

  /**
   * Arguments: model, prompts (one a line), tokens per answer, where to write, KEY=VALUE options.
   */
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    options.put("chatTemplate", "none");
    options.put("maxTokens", args[2]);
    for (String option : Arrays.asList(args).subList(4, args.length)) {
      String[] parts = option.split("=", 2);
      options.put(parts[0], parts[1]);
    }
    GenerateOptions all = GenerateOptions.of(options);
    List<byte[]> prompts =
        Files.readAllLines(Path.of(args[1])).stream()
            .map(line -> line.getBytes(StandardCharsets.UTF_8))
            .toList();
    ModelOptions where = ModelOptions.cpu(all.acceleration(), all.keepsLayout());
    try (LlamaModel model = ModelLoader.load(Path.of(args[0]), where);
        GenerationEngine engine = new GenerationEngine(model, all)) {
      engine.generate(prompts.subList(0, 2), () -> false);
      long start = PROCESS.getProcessCpuTime();
      GeneratedRows rows = engine.generate(prompts, () -> false);
      long nanos = PROCESS.getProcessCpuTime() - start;
      List<String> answers = new ArrayList<>();
      long tokens = 0;
      for (int row = 0; row < rows.size(); row++) {
        if (!rows.isDone(row)) {
          throw new IllegalStateException("row " + row + " has no answer", rows.error(row));
        }
        answers.add(rows.text(row));
        tokens += rows.generatedTokens(row);
      }
      Map<String, Object> result = new HashMap<>();
      result.put("answers", answers);
      result.put("tokens", tokens);
      result.put("cpuSeconds", nanos / 1e9);
      result.put("machine", Machine.describe());
      new ObjectMapper().writeValue(Path.of(args[3]).toFile(), result);
    }
  }
}
