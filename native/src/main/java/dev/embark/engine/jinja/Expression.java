package dev.embark.engine.jinja;

/** A parsed expression. Immutable and thread-safe. */
@FunctionalInterface
interface Expression {
  /**
   * Returns the value: null for none, Boolean, Long, Double, {@link Text}, List, Map with keys of
   * these types, {@link Namespace}, {@link Callable} or {@link Undefined}.
   */
  Object in(Scope scope);
}
