/**
 * Options of a function call: key, allowed values, default and documentation of each.
 *
 * <pre>
 *  map, conf, arguments ──► FunctionOptions ──┬── EmbedOptions ── ChunkOptions
 *   key → text               checked, merged  ├── RerankOptions
 *                                             └── GenerateOptions
 *  EmbedOption, RerankOption, GenerateOption ──► OptionSpec: documentation and checks
 * </pre>
 *
 * <p>Options are immutable and thread-safe. Invalid input raises an {@link
 * dev.embark.engine.rows.EmbarkException} of kind OPTION that names the option.
 */
package dev.embark.engine.options;
