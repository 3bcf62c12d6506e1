package dev.embark.engine.jinja.values;

/** A template that cannot be parsed or rendered; the message is a clause without a full stop. */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public JinjaException(String message) {
    super(message);
  }

  public static JinjaException at(int line, String message) {
    return new JinjaException("line " + line + ": " + message);
  }
}
