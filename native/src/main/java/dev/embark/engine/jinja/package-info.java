/**
 * Renders the chat templates of models: the part of Jinja that they use, with Python's semantics.
 *
 * <pre>
 *  template ──► Lexer ──► StatementParser, ExpressionParser ──► Statement, Expression ──► Text
 *  source        tokens                                          run in a Scope       with origins
 * </pre>
 *
 * <p>The reference is the environment in which Hugging Face transformers renders chat templates. A
 * template is untrusted: it reaches no file, no network and no Java object but the values that it
 * is given, and {@link dev.embark.engine.jinja.values.Rendering} bounds its steps, its depth and
 * the size of its strings. A rendered {@link dev.embark.engine.jinja.values.Text} knows which of
 * its characters the template wrote and which came from a caller, so that a control token in a
 * user's text remains text.
 */
package dev.embark.engine.jinja;
