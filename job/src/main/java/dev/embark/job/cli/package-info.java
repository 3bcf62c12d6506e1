/**
 * Options of the command line, their help, and the errors that a user sees.
 *
 * <pre>
 *  arguments ──► Cli ──► JobSpec, SqlSpec, ModelSpec
 *                 └────► UserError: one sentence, exit code 1 or 2
 * </pre>
 *
 * <p>No class here uses Spark, so the {@code embark} command checks a command line before Spark
 * starts. Immutable values and stateless functions.
 */
package dev.embark.job.cli;
