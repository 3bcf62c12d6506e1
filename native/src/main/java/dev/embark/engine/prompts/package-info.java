/**
 * Prompts of models by the role of a text.
 *
 * <pre>
 *  metadata of a GGUF file ──► ModelPrompts ──► prompt of a role ──► Tokenizer, which puts it before each text
 *                    └──► PromptFamily, by the model's name
 * </pre>
 *
 * Uses the options and the errors alone; a model's metadata is a function from key to value.
 */
package dev.embark.engine.prompts;
