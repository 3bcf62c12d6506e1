/**
 * Typed answers: a schema becomes the type of a column and a grammar, and an answer a value.
 *
 * <pre>
 *  schema ──► AnswerSchema ──► DdlShape, JsonSchema ──► Shape ──► SchemaGrammar ──► GBNF
 *                 │ type
 *                 └──► AnswerParser: JSON ──► a value of a Spark row
 * </pre>
 *
 * <p>Everything is immutable except {@link dev.embark.spark.schema.AnswerParser}, which belongs to
 * one thread. Internal.
 */
package dev.embark.spark.schema;
