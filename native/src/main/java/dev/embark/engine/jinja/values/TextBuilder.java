package dev.embark.engine.jinja.values;

/** Builds a {@link Text}. Not thread-safe. */
public final class TextBuilder {
  private final StringBuilder chars = new StringBuilder();
  private StringBuilder origins; // null while all characters are the template's

  public TextBuilder append(Text text) {
    check(text.length());
    if (origins == null && text.origins() != null) {
      origins = new StringBuilder("\0".repeat(chars.length()));
    }
    if (origins != null) {
      origins.append(text.origins() == null ? "\0".repeat(text.length()) : text.origins());
    }
    chars.append(text.chars());
    return this;
  }

  public TextBuilder append(String templateText) {
    check(templateText.length());
    if (origins != null) {
      origins.append("\0".repeat(templateText.length()));
    }
    chars.append(templateText);
    return this;
  }

  private void check(int more) {
    if (chars.length() + more > Text.MAX_LENGTH) {
      throw new JinjaException("a string grows beyond " + Text.MAX_LENGTH + " characters");
    }
  }

  public Text build() {
    return Text.of(chars.toString(), origins == null ? null : origins.toString());
  }
}
