package dev.embark.store.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.model.Sha256;
import dev.embark.imports.FolderFiles;
import dev.embark.imports.ImportException;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.file.SourceFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A repository on the Hugging Face Hub, pinned to the commit at construction. Its files are fetched
 * when they are needed.
 */
public final class HubRepository implements SourceFolder {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_DESCRIPTION_BYTES = 16 << 20;
  private static final String GGUF = ".gguf";

  private final HubName name;
  private final HubSettings settings;
  private final String commit;
  private final Map<String, JsonNode> files = new TreeMap<>();

  /**
   * Requests the list of files.
   *
   * @throws IOException with the reason from the Hub or the network
   */
  public HubRepository(HubName name, HubSettings settings) throws IOException {
    this.name = name;
    this.settings = settings;
    HubClient client = new HubClient(settings);
    byte[] reply =
        new Retries(settings)
            .run(
                name.toString(),
                () -> 0,
                () -> {
                  try (InputStream in =
                      client.get(name.description(settings.endpoint()), 0).body()) {
                    return in.readNBytes(MAX_DESCRIPTION_BYTES);
                  }
                });
    JsonNode description;
    try {
      description = JSON.readTree(reply);
    } catch (JsonProcessingException e) {
      throw new IOException("the server describes the repository in no JSON", e);
    }
    this.commit = description.path("sha").asText();
    if (!commit.matches("[0-9A-Za-z._-]+")) {
      throw new IOException("the server names no commit of the repository");
    }
    for (JsonNode file : description.path("siblings")) {
      files.put(file.path("rfilename").asText(), file);
    }
  }

  /** Whether the repository is a model folder, which is preferred to a GGUF file in it. */
  public boolean isModelFolder() {
    return FolderFiles.isModelFolder(files.keySet())
        && files.keySet().stream().anyMatch(file -> file.endsWith(".safetensors"));
  }

  /**
   * The only GGUF file of the repository; empty if it has none.
   *
   * @throws IOException if it has several, or as {@link HubFile}
   */
  public Optional<RemoteFile> onlyGguf() throws IOException {
    List<String> ggufs = files.keySet().stream().filter(file -> file.endsWith(GGUF)).toList();
    if (ggufs.size() > 1) {
      throw new HubClient.Refused(
          "the repository has "
              + ggufs.size()
              + " GGUF files; name one of them, such as "
              + HubName.SCHEME
              + name.repository()
              + "/"
              + ggufs.stream().min(Comparator.comparingInt(HubRepository::rank)).get());
    }
    return ggufs.isEmpty()
        ? Optional.empty()
        : Optional.of(new HubFile(name.in(commit, ggufs.get(0)), settings));
  }

  /** Orders files by the type in their names: F16 is the default choice, Q8_0 the next. */
  private static int rank(String gguf) {
    String name = gguf.toLowerCase(Locale.ROOT);
    return name.matches(".*[-._/]f(p)?16[-.].*") ? 0 : name.contains("q8_0") ? 1 : 2;
  }

  /**
   * Checks that the files which an import needs exist.
   *
   * @throws IOException that names what is missing
   */
  public void check() throws IOException {
    try {
      FolderFiles.needed(files.keySet());
    } catch (ImportException e) {
      throw new ImportException(
          e.getMessage()
              + "; if a pull request of the repository adds safetensors, name its revision, "
              + HubName.SCHEME
              + name.repository()
              + "@refs/pr/N",
          e);
    }
  }

  @Override
  public String name() {
    return name.repository().substring(name.repository().indexOf('/') + 1);
  }

  @Override
  public String version() {
    return HubName.SCHEME + name.repository() + "\n" + commit;
  }

  @Override
  public long size() {
    try {
      return FolderFiles.needed(files.keySet()).stream()
          .mapToLong(file -> files.get(file).path("size").asLong(0))
          .sum();
    } catch (IOException e) {
      return 0; // fetching the files reports it
    }
  }

  @Override
  public Path fetch(Path staging) throws IOException {
    for (String file : FolderFiles.needed(files.keySet())) {
      JsonNode entry = files.get(file);
      JsonNode length = entry.path("size");
      HubName at = name.in(commit, file);
      Path copy = staging.resolve(file);
      Files.createDirectories(copy.getParent());
      new HttpDownload(
              HubName.SCHEME + name.repository() + "/" + file,
              at.at(settings.endpoint(), commit),
              length.isIntegralNumber() && length.asLong() > 0
                  ? OptionalLong.of(length.asLong())
                  : OptionalLong.empty(),
              Optional.empty(),
              settings)
          .toAny(copy);
      String expected = entry.path("lfs").path("sha256").asText("");
      if (!expected.isEmpty() && !Sha256.of(copy).equals(expected)) {
        Files.delete(copy);
        throw new IOException(file + " is not what the server announced; try again");
      }
    }
    return staging;
  }

  @Override
  public void checkUnchanged() {
    // a commit does not change
  }
}
