package dev.embark.store.web;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a file on the Hugging Face Hub, {@code hf:org/repo/path/file.gguf} with an optional
 * {@code @revision} suffix.
 *
 * @param repository org/repo
 * @param file path inside the repository
 * @param revision branch, tag or commit
 */
public record HubName(String repository, String file, String revision) {
  public static final String SCHEME = "hf:";
  private static final Pattern FORM =
      Pattern.compile("hf:([\\w.-]+/[\\w.-]+)/([^@]+?)(?:@([^@\\s]+))?");

  /**
   * @throws IllegalArgumentException if the URI does not have this form
   */
  public static HubName parse(String uri) {
    Matcher form = FORM.matcher(uri);
    if (!form.matches() || uri.contains("..")) {
      throw new IllegalArgumentException(
          "a file on the Hub is written hf:org/repo/file.gguf or hf:org/repo/file.gguf@revision");
    }
    return new HubName(
        form.group(1), form.group(2), form.group(3) == null ? "main" : form.group(3));
  }

  /** The URL of the file at an endpoint. */
  URI at(URI endpoint, String commit) {
    try {
      String path = "/" + repository + "/resolve/" + commit.replace("/", "%2F") + "/";
      return URI.create(endpoint + path + new URI(null, null, file, null).getRawPath());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("its name cannot be part of a URL", e);
    }
  }

  @Override
  public String toString() {
    return SCHEME + repository + "/" + file + (revision.equals("main") ? "" : "@" + revision);
  }
}
