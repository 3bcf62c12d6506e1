package dev.embark.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.ChildJvm;
import dev.embark.engine.Embedded;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.text.HostileTextsTest;
import dev.embark.gguf.GgufHeader;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged models, loaded in processes of their own as a crash would end this one. 2,000 instead of
 * 60 in the profile {@code fuzz}; those of another model with {@code -Dembark.test.model=PATH}, and
 * others with {@code -Dembark.fuzz.seed=N}.
 */
class MutatedModelsTest {
  private static final int MODELS = Boolean.getBoolean("embark.fuzz") ? 2_000 : 60;
  private static final long SEED = Long.getLong("embark.fuzz.seed", 0);
  private static final long SECONDS_EACH = 30;

  @TempDir Path dir;

  /** Loads and tries the models of a range of seeds; a line before and after each. */
  static final class Probe {
    private Probe() {}

    private static volatile long deadline = Long.MAX_VALUE;

    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      List<Path> bases = Arrays.stream(args).skip(3).map(Path::of).toList();
      Thread watch = new Thread(Probe::endWhenStuck);
      watch.setDaemon(true);
      watch.start();
      for (long seed = Long.parseLong(args[1]); seed < Long.parseLong(args[2]); seed++) {
        Path base = bases.get((int) (seed / 8 % bases.size()));
        Path file = dir.resolve("mutant.gguf");
        Files.write(file, Mutation.of(GgufHeader.read(base), Files.readAllBytes(base), seed));
        System.out.println("try " + seed + " of " + base.getFileName());
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_EACH);
        System.out.println(attempt(file));
      }
      System.out.println("end");
    }

    private static String attempt(Path file) {
      try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu());
          EmbeddingEngine engine = new EmbeddingEngine(model, EmbedOptions.defaults());
          BufferAllocator allocator = new RootAllocator()) {
        String text = "dog sees the old cat under a tree ".repeat(3);
        Embedded embedded = Embedded.of(engine, allocator, text, "", "sun", "1 2 \u00e9");
        StringBuilder rows = new StringBuilder("works");
        for (int row = 0; row < 4; row++) {
          EmbarkException error = embedded.rows().error(row);
          rows.append(error == null ? " vector" : " " + error.kind());
        }
        return rows.toString();
      } catch (EmbarkException e) {
        return "refused " + printable(e.getMessage());
      } catch (RuntimeException | Error e) {
        return "unclear " + printable(e.toString());
      }
    }

    private static String printable(String message) {
      return message.replaceAll("\\P{Print}", "?");
    }

    private static void endWhenStuck() {
      try {
        while (System.nanoTime() < deadline || deadline == Long.MAX_VALUE) {
          Thread.sleep(100);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      Runtime.getRuntime().halt(99);
    }
  }

  @Test
  void aDamagedModelIsRefusedClearlyOrWorksAndNeverEndsTheProcess() throws Exception {
    List<String> bases = new ArrayList<>();
    for (String name : HostileTextsTest.modelsGiven()) {
      bases.add(HostileTextsTest.write(name, dir).toString());
    }
    List<String> lines = new ArrayList<>();
    List<String> crashes = new ArrayList<>();
    for (long seed = SEED; seed < SEED + MODELS; ) {
      ChildJvm.Ended ended = probe(bases, seed, SEED + MODELS);
      List<String> more = ended.out();
      assertThat(more).as(ended::toString).isNotEmpty();
      lines.addAll(more);
      if (more.get(more.size() - 1).equals("end")) {
        break;
      }
      String tried = more.stream().filter(l -> l.startsWith("try ")).reduce((a, b) -> b).get();
      crashes.add(tried + " " + said(ended));
      seed = Long.parseLong(tried.split(" ", 3)[1]) + 1;
    }
    List<String> unclear = lines.stream().filter(l -> l.startsWith("unclear ")).toList();
    long works = lines.stream().filter(l -> l.startsWith("works ")).count();
    long refused = lines.stream().filter(l -> l.startsWith("refused ")).count();
    System.out.printf(
        "%d damaged models: %d refused, %d work, %d unclear, %d ended the process%n",
        MODELS, refused, works, unclear.size(), crashes.size());

    assertThat(crashes).isEmpty();
    assertThat(unclear).isEmpty();
    assertThat(refused + works).isEqualTo(MODELS);
    assertThat(refused).isPositive();
    assertThat(works).isPositive();
  }

  private ChildJvm.Ended probe(List<String> bases, long from, long to) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of(dir.toString(), Long.toString(from), Long.toString(to)));
    arguments.addAll(bases);
    List<String> options =
        List.of(
            "-Xmx512m", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + dir.resolve("crash.log"));
    return new ChildJvm(Probe.class, Map.of(), options).run(arguments.toArray(String[]::new));
  }

  /** What the process said last. */
  private String said(ChildJvm.Ended ended) throws IOException {
    Path crash = dir.resolve("crash.log");
    List<String> lines = new ArrayList<>(ended.err());
    if (Files.exists(crash)) {
      Files.readAllLines(crash).stream()
          .filter(line -> line.startsWith("C  [") || line.startsWith("# C"))
          .limit(4)
          .forEach(lines::add);
      Files.delete(crash);
    }
    return String.join("; ", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
  }
}
