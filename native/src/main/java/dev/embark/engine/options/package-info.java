/**
 * Options of a call: the key, values, default and documentation of each.
 *
 * <pre>
 *  map, conf, arguments ──► FunctionOptions ──┬── EmbedOptions
 *   key → text               checked, merged  └── GenerateOptions
 *  EmbedOption, GenerateOption ──► OptionSpec: documentation and checks
 * </pre>
 *
 * <p>Immutable values, safe for any thread. Wrong input is an {@link
 * dev.embark.engine.rows.EmbarkException} of kind OPTION that names the option.
 */
package dev.embark.engine.options;
