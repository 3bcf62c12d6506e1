package dev.embark.engine.options;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The canonical form of the option {@code model}: an address of the Hugging Face Hub, as a browser
 * shows it, becomes {@code hf:org/repo/file@revision}, so that every place treats it as that model.
 * Stateless.
 */
final class ModelName {
  private static final Pattern PAGE =
      Pattern.compile(
          "(?i:https?://(?:www\\.)?(?:huggingface\\.co|hf\\.co))/([^?#]*).*", Pattern.DOTALL);
  // The revision of a pull request, refs/pr/1, has slashes, which a browser keeps or escapes.
  private static final Pattern PATH_OF_PAGE =
      Pattern.compile(
          "(?<repository>[\\w.-]+/[\\w.-]+?)(?:\\.git)?"
              + "(?:/(?:tree|blob|resolve|raw|commit)/(?<revision>refs/\\w+/[^/]+|[^/]+)"
              + "(?:/(?<file>.+?))?)?/?");
  private static final Pattern NO_MODEL =
      Pattern.compile("(?:datasets|spaces|api|docs|papers|collections|models|blog)(?:/.*)?");

  // As file systems of Python write it.
  private static final Pattern FILE_SYSTEM =
      Pattern.compile(
          "hf://(?<repository>[\\w.-]+/[\\w.-]+)(?:@(?<revision>refs/\\w+/[^/]+|[^/]+))?"
              + "(?:/(?<file>.+?))?/?");

  private ModelName() {}

  /**
   * Returns the canonical form of a model's location.
   *
   * @throws IllegalArgumentException if it is blank, or an address of the Hub that is no model
   */
  static String canonical(String value) {
    String model = OptionSpec.notBlank(value);
    Matcher page = PAGE.matcher(model);
    if (page.matches()) {
      String path = URLDecoder.decode(page.group(1).replace("+", "%2B"), StandardCharsets.UTF_8);
      return written(PATH_OF_PAGE.matcher(path));
    }
    return model.startsWith("hf://") ? written(FILE_SYSTEM.matcher(model)) : model;
  }

  private static String written(Matcher name) {
    if (!name.matches() || NO_MODEL.matcher(name.group("repository")).matches()) {
      throw new IllegalArgumentException("not the address of a model");
    }
    String file = name.group("file");
    String revision = name.group("revision");
    return "hf:"
        + name.group("repository")
        + (file == null ? "" : "/" + file)
        + (revision == null || revision.equals("main") ? "" : "@" + revision);
  }
}
