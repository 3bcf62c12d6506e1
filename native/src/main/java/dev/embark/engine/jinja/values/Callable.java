package dev.embark.engine.jinja.values;

/** A value that a template can call. */
@FunctionalInterface
public interface Callable {
  Object call(Rendering rendering, Arguments arguments);
}
