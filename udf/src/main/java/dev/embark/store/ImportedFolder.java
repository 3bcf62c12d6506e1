package dev.embark.store;

import dev.embark.imports.ImportException;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.store.file.RemoteFile;
import dev.embark.store.file.SourceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model folder as the GGUF file that it is converted to, in F16. The cache keeps that file;
 * copies of a remote folder's own files exist only while it is converted.
 *
 * @param folder the source
 */
record ImportedFolder(SourceFolder folder) implements RemoteFile {
  private static final Logger LOG = LoggerFactory.getLogger(ImportedFolder.class);

  @Override
  public String version() {
    return "import " + ModelImport.VERSION + "\n" + folder.version();
  }

  @Override
  public Optional<String> sha256() {
    return Optional.empty();
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(folder.size());
  }

  @Override
  public void copyTo(Path partial) throws IOException {
    convert(ImportType.F16, false, partial);
  }

  /**
   * Converts the folder. After a failure that the folder does not cause, copies of its files
   * remain, with which the next attempt continues.
   *
   * @param isReranker whether a decoder that does not say so is a reranker
   * @param target is created or overwritten; its directory has the copies of a remote folder's
   *     files
   */
  void convert(ImportType type, boolean isReranker, Path target) throws IOException {
    // An empty file: the cache finds and removes what an interrupted attempt leaves by its name.
    Files.write(target, new byte[0]);
    LOG.info("Importing {} of {} bytes", folder.name(), folder.size());
    boolean done = false;
    try {
      Path files = folder.fetch(SourceFolder.staging(target));
      ModelImport.convert(files, folder.name(), type, isReranker, target);
      folder.checkUnchanged();
      done = true;
    } catch (ImportException e) {
      Files.deleteIfExists(target);
      SourceFolder.deleteStaging(target);
      throw e;
    } finally {
      if (!done && Files.exists(target)) {
        Files.write(target, new byte[0]);
      }
    }
    SourceFolder.deleteStaging(target);
  }
}
