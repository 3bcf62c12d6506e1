package dev.embark.store.web;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a file or a repository on the Hugging Face Hub, {@code hf:org/repo/path/file.gguf} or
 * {@code hf:org/repo} with an optional {@code @revision} suffix.
 *
 * @param repository org/repo
 * @param file path inside the repository; empty for the repository itself
 * @param revision branch, tag or commit
 */
public record HubName(String repository, String file, String revision) {
  public static final String SCHEME = "hf:";
  private static final Pattern FORM =
      Pattern.compile("hf:([\\w.-]+/[\\w.-]+)(?:/([^@]+?))?(?:@([^@\\s]+))?");

  /**
   * @throws IllegalArgumentException if the URI does not have this form
   */
  public static HubName parse(String uri) {
    Matcher form = FORM.matcher(uri);
    if (!form.matches() || uri.contains("..")) {
      throw new IllegalArgumentException(
          "a model on the Hub is written hf:org/repo or hf:org/repo/file.gguf, each with @revision"
              + " if it is not main");
    }
    return new HubName(
        form.group(1),
        form.group(2) == null ? "" : form.group(2),
        form.group(3) == null ? "main" : form.group(3));
  }

  /** Whether this names a whole repository. */
  public boolean isRepository() {
    return file.isEmpty();
  }

  /** The repository that this is in. */
  public HubName whole() {
    return new HubName(repository, "", revision);
  }

  /** A file of this repository. */
  HubName in(String commit, String name) {
    return new HubName(repository, name, commit);
  }

  /** The URL that describes the repository at an endpoint. */
  URI description(URI endpoint) {
    return URI.create(
        endpoint
            + "/api/models/"
            + repository
            + "/revision/"
            + revision.replace("/", "%2F")
            + "?blobs=true");
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
    return SCHEME
        + repository
        + (isRepository() ? "" : "/" + file)
        + (revision.equals("main") ? "" : "@" + revision);
  }
}
