/**
 * Values of templates: their operators, members, filters and tests, with Python's semantics.
 *
 * <p>A value is null for none, Boolean, Long, Double, {@link dev.embark.engine.jinja.values.Text},
 * List, Map, {@link dev.embark.engine.jinja.values.Namespace}, {@link
 * dev.embark.engine.jinja.values.Callable} or {@link dev.embark.engine.jinja.values.Undefined}.
 * Lists and mappings are never changed. Classes but Text and JinjaException are public only for
 * {@code dev.embark.engine.jinja}.
 */
package dev.embark.engine.jinja.values;
