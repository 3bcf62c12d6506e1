package dev.embark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.llama.WeightsCache;
import dev.embark.store.cache.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packed weights of a model used in place if the cache cannot keep them. */
class KeptWeightsTest {
  @TempDir Path dir;
  private ModelStore store;
  private StoredModel model;

  @BeforeEach
  void openAModel() throws IOException {
    Path file = Files.writeString(dir.resolve("m.gguf"), "m".repeat(600));
    open(1000, file);
  }

  private void open(long cacheBytes, Path file) {
    store =
        new ModelStore(
            StoreSettings.of(dir.resolve("cache"), cacheBytes, List.of(dir), true, Map.of()));
    ModelPlaces places = new ModelPlaces(name -> Optional.empty(), new Configuration(false));
    model = store.open(file.toString(), Optional.empty(), places);
  }

  @Test
  void weightsLargerThanTheCacheArePackedByEachProcess() throws IOException {
    open(500, model.path());

    assertThat(store.weights(model).open("packed", file -> Files.writeString(file, "w"))).isEmpty();
    assertThat(weights()).isEmpty();
  }

  @Test
  void weightsOfAModelThatChangesWhilePackedAreNotKept() throws IOException {
    WeightsCache.Packing packing =
        file -> {
          Files.writeString(model.path(), "another");
          Files.writeString(file, "w");
        };

    assertThat(store.weights(model).open("packed", packing)).isEmpty();
    assertThat(weights()).isEmpty();
  }

  private List<Path> weights() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
      return files.filter(file -> file.toString().endsWith(".weights")).toList();
    }
  }

  @Test
  void interruptedThreadGivesUp() {
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> store.weights(model).open("packed", file -> {}))
          .isInstanceOf(EmbarkException.class)
          .hasMessage("The task was interrupted while weights were packed.");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
