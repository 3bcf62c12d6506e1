package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.cli.Cli;
import dev.embark.job.cli.OptionList;
import dev.embark.job.cli.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The scripts check arguments by this file before they build. */
class OptionsFileTest {
  @Test
  void theFileHasTheOptionsOfTheBenchmarks() {
    Terminal terminal = Terminal.system();
    List<String> lines =
        new ArrayList<>(OptionList.of("bench", Cli.of(new Bench(terminal), terminal)));
    lines.addAll(OptionList.of("gpu", Cli.of(new GpuBench(terminal), terminal)));

    assertThat(Path.of("options")).hasContent(String.join("\n", lines));
  }
}
