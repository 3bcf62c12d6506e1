package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.fail;

import dev.embark.llama.LlamaBackend;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Files of llama.cpp's own tests, from the pinned release. */
final class ReleaseFiles {
  private ReleaseFiles() {}

  /** Returns the folder of vocabularies, which is fetched once; it has chat templates, too. */
  static Path vocabularies() throws IOException, InterruptedException {
    String script =
        "../src/main/build/release.sh linux-x86_64 \"$0\""
            + " \"${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}\" vocabularies";
    Process process =
        new ProcessBuilder("bash", "-c", script, LlamaBackend.VERSION)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      fail("release.sh vocabularies failed");
    }
    return Path.of(printed);
  }
}
