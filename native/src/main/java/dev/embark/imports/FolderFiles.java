package dev.embark.imports;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Decides by their names which files of a model folder are read. Stateless. */
public final class FolderFiles {
  /** The file that makes a folder a model folder. */
  public static final String CONFIG = "config.json";

  /** The list of modules of sentence-transformers. */
  static final String MODULES = "modules.json";

  static final String WEIGHTS = "model.safetensors";
  static final String SHARD_INDEX = "model.safetensors.index.json";

  // Modules of sentence-transformers are folders such as 1_Pooling.
  private static final Pattern NEEDED =
      Pattern.compile(
          "(\\d+_\\w+/)?([\\w.-]+\\.json|model[\\w.-]*\\.safetensors|vocab\\.txt)|chat_template\\.jinja|README\\.md");
  private static final Pattern PICKLE =
      Pattern.compile("(\\d+_\\w+/)?(pytorch_model[\\w.-]*\\.bin|[\\w.-]+\\.(pt|pth|ckpt|pkl))");
  private static final Pattern WEIGHT_FILE =
      Pattern.compile("(\\d+_\\w+/)?model[\\w.-]*\\.safetensors");
  private static final Pattern MODULE = Pattern.compile("\\d+_\\w+");

  // Files that are named in place of their folder.
  private static final Pattern PART =
      Pattern.compile(
          ".*\\.safetensors|.*\\.safetensors\\.index\\.json"
              + "|(config|modules|tokenizer\\w*|config_sentence_transformers|sentence_bert_config)\\.json"
              + "|vocab\\.txt");
  private static final Pattern OTHER_FORMAT =
      Pattern.compile(".*\\.(onnx|ort|h5|msgpack|ot|tflite|mlmodel|mlpackage|keras|pb)");

  private FolderFiles() {}

  /** Returns whether a folder below the model folder may be a module of sentence-transformers. */
  public static boolean isModule(String folder) {
    return MODULE.matcher(folder).matches();
  }

  /** Returns whether a file of these names makes their folder a model folder. */
  public static boolean isModelFolder(Collection<String> files) {
    return files.contains(CONFIG) || files.contains(MODULES);
  }

  /**
   * Returns the files that an import reads.
   *
   * @param files all files of the folder and of its modules, relative, with {@code /}
   * @throws ImportException when the folder has no weights that are read
   * @throws IOException when it is no model folder
   */
  public static List<String> needed(Collection<String> files) throws IOException {
    if (!isModelFolder(files)) {
      throw new IOException(noModel(files));
    }
    if (files.stream().noneMatch(file -> WEIGHT_FILE.matcher(file).matches())) {
      throw new ImportException(noWeights(files));
    }
    return files.stream().filter(file -> NEEDED.matcher(file).matches()).sorted().toList();
  }

  /**
   * Refuses a file that is part of a model folder, or a model in another format than GGUF.
   *
   * @param file its name, which may have folders in front
   * @param folder the model folder, as the user would write it; empty if none is known
   * @throws ImportException that names what to write instead
   */
  public static void checkIsGguf(String file, Optional<String> folder) throws ImportException {
    String name = file.substring(file.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (PART.matcher(name).matches()) {
      throw new ImportException("it is one file of a model folder; name " + named(folder));
    }
    boolean pickle = PICKLE.matcher(name).matches();
    if (pickle && folder.isEmpty()) {
      throw new ImportException(pickle(name));
    }
    if (pickle || OTHER_FORMAT.matcher(name).matches()) {
      throw new ImportException(
          "Embark does not read "
              + name
              + "; if its folder has model.safetensors, name "
              + named(folder)
              + ", otherwise use a GGUF file of the model");
    }
  }

  private static String named(Optional<String> folder) {
    return folder.orElse("the folder, on a disk, in Hadoop or as hf:org/repo");
  }

  private static String noModel(Collection<String> files) {
    List<String> ggufs = files.stream().filter(file -> file.endsWith(".gguf")).sorted().toList();
    return ggufs.isEmpty()
        ? "it is a directory; name the .gguf file in it, or a folder with config.json,"
            + " tokenizer.json and model.safetensors"
        : "it is a directory; name the .gguf file in it, such as " + ggufs.get(0);
  }

  private static String noWeights(Collection<String> files) {
    String pickle =
        files.stream()
            .filter(file -> PICKLE.matcher(file).matches())
            .sorted()
            .findFirst()
            .orElse("");
    return pickle.isEmpty()
        ? "the folder has no model.safetensors; save the model in that format with"
            + " model.save_pretrained(FOLDER)"
        : pickle(pickle);
  }

  /** Returns the refusal of weights in Python's pickle format. */
  static String pickle(String file) {
    return "its weights are in "
        + file
        + ", a Python pickle, which can run code when it is read; load the model in Python and save"
        + " it as safetensors with model.save_pretrained(FOLDER)";
  }
}
