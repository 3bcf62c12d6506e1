package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.EmbeddingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store does where weights of a model cannot be kept beside it. */
class KeptWeightsTest {
  @TempDir Path dir;
  private ModelStore store;
  private StoredModel model;

  @BeforeEach
  void openAModelLargerThanTheCache() throws IOException {
    store = new ModelStore(StoreSettings.of(dir.resolve("cache"), 500, true, Map.of()));
    ModelPlaces places = new ModelPlaces(name -> Optional.empty(), new Configuration(false));
    Path file = Files.writeString(dir.resolve("m.gguf"), "m".repeat(600));
    model = store.open(file.toString(), Optional.empty(), places);
  }

  @Test
  void eachProcessPacksThemForItself() throws IOException {
    assertThat(store.weights(model).open("packed", file -> Files.writeString(file, "w"))).isEmpty();
    try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
      assertThat(files.map(Path::toString)).allMatch(file -> file.endsWith(".lock"));
    }
  }

  @Test
  void aThreadThatIsInterruptedMeanwhileGivesUp() {
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> store.weights(model).open("packed", file -> {}))
          .isInstanceOf(EmbeddingException.class)
          .hasMessage("The task was interrupted while weights were packed.");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
